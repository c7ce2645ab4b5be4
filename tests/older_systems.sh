#!/usr/bin/env bash
# One shop, five clients: each is written from nothing but the README of one of the older systems,
# and finds its routes, its fields and its ways of signing in. At the end of each, every route that
# tests/older_systems/routes.txt lists for it has worked.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly routes=tests/older_systems/routes.txt
# The sample of the READMEs.
readonly password=securepassword
readonly journal=$scratch/journal
# The README that is read now.
system=
# The curl arguments that say who asks.
who=()
# The status of the last answer; its body is in $answer, its header in $scratch/header.
status=
answer=
# The product that a journey is about.
product=

# ask METHOD PATH [BODY]: sets status and answer.
ask() {
    local method=$1 path=$2 arguments=("${who[@]}")
    if (($# > 2)); then
        arguments+=(--header 'Content-Type: application/json' --data "$3")
    fi
    status=$(curl --silent --show-error --max-time 30 --output "$scratch/answer" \
        --dump-header "$scratch/header" --write-out '%{http_code}' --request "$method" \
        "${arguments[@]}" "$base_url$path") || fail "$system: $method $path was not answered"
    answer=$(<"$scratch/answer")
    printf '%s %s %s %s\n' "$system" "$method" "${path%%\?*}" "$status" >>"$journal"
}

# expect STATUS WHAT: the last answer has this status.
expect() {
    [[ $status == "$1" ]] || fail "$system: $2: expected $1, got $status: $answer"
}

# same EXPECTED ACTUAL WHAT
same() {
    [[ $1 == "$2" ]] || fail "$system: $3: expected $1, got $2"
}

of_answer() {
    json "$1" <<<"$answer"
}

# holds EXPRESSION WHAT: it is true of the last answer.
holds() {
    same true "$(of_answer "!!($1)")" "$2: $answer"
}

# begin SYSTEM
begin() {
    system=$1
    who=()
    say "- as the reader of $system"
}

# Every route of the table that is this system's worked at least once.
all_worked() {
    local name method path pattern
    while read -r name method path; do
        if [[ $name == "$system" ]]; then
            pattern=$(sed -E 's#\{[^}]+\}#[^/ ]+#g' <<<"$path")
            grep -qE "^$system $method $pattern/? 2[0-9]{2}$" "$journal" ||
                fail "$system: $method $path never worked"
        fi
    done <"$routes"
}

# in_jar NAME JAR: the value of a cookie.
in_jar() {
    awk -v name="$1" '$6 == name { print $7 }' "$2"
}

bearer() {
    who=(--header "Authorization: Bearer $1")
}

# Sets product: one that is sold by the piece, with a weight, a place and a barcode.
find_product() {
    ask GET '/products?limit=1000'
    expect 200 'the catalogue is listed'
    product=$(of_answer 'it.filter(p => p.unit === "each" && p.stock > 20 && !p.min_age && p.location && p.weight_g && p.barcodes.length)[0].id')
}

# Browsers: everything is in cookies, nothing in a header; promotions come over Socket.IO.
globe_exam() {
    local jar=$scratch/globe.jar id product old_access listener
    begin globe-exam
    who=(--cookie "$jar" --cookie-jar "$jar")
    ask GET /auth/check
    expect 401 'nobody is signed in yet'
    holds 'it.logged_in === false' 'the check says so'
    ask POST /auth/signup "{\"username\":\"globe\",\"email\":\"globe@example.org\",\"password\":\"$password\"}"
    expect 201 'sign-up'
    same 2 "$(grep -ic '^set-cookie:.*; HttpOnly' "$scratch/header")" 'both cookies are hidden from scripts'
    ask POST /auth/signup "{\"username\":\"globe\",\"email\":\"other@example.org\",\"password\":\"$password\"}"
    expect 409 'a taken username'
    ask GET /auth/check
    expect 200 'the cookie is enough'
    holds 'it.logged_in && it.user.username === "globe" && it.user.email === "globe@example.org"' 'who it is'
    id=$(of_answer 'it.user.id')

    find_product
    holds 'it.every(p => typeof p.price === "number" && "name" in p && "description" in p && "category" in p)' \
        'products are what the page shows'
    ask GET "/products/$product"
    expect 200 'a product by its id'
    ask POST /cart/add "{\"product_id\":$product}"
    expect 200 'a product is put in'
    ask POST /cart/add "{\"product_id\":$product}"
    ask GET "/cart/get/$id"
    expect 200 'the cart'
    holds "it.items[0].product_id === $product && it.items[0].quantity === 2" 'two of it are in'
    ask POST /cart/remove "{\"product_id\":$product}"
    expect 200 'one is taken out'
    holds 'it.msg === "Item removed from cart" && it.items[0].quantity === 1' 'one is left'
    ask POST /cart/remove "{\"product_id\":$product}"
    ask POST /cart/remove "{\"product_id\":$product}"
    expect 404 'what is not in the cart'
    ask GET "/cart/get/$owner_id"
    expect 403 'the cart of somebody else'

    # The page is served from elsewhere: the settings name its origin.
    who+=(--header 'Origin: http://localhost:5173')
    ask POST /cart/add "{\"product_id\":$product}"
    expect 200 'a page of a named origin'
    grep -qi '^access-control-allow-credentials: true' "$scratch/header" || fail "$system: no CORS with credentials"
    who=(--cookie "$jar" --cookie-jar "$jar" --header 'Origin: http://elsewhere.example')
    ask POST /cart/add "{\"product_id\":$product}"
    expect 403 'a page of any other origin'
    who=(--cookie "$jar" --cookie-jar "$jar")

    old_access=$(in_jar access_token_cookie "$jar")
    ask POST /auth/refresh
    expect 200 'the cookie is enough for another token'
    [[ $(in_jar access_token_cookie "$jar") != "$old_access" ]] || fail "$system: the token stayed"
    ask POST /token/refresh
    expect 200 'as the page calls it'
    ask GET /promotions
    expect 200 'promotions are listed'
    ask GET '/socket.io/?EIO=4&transport=polling'
    expect 200 'Socket.IO opens'

    say '  promotions over Socket.IO'
    if node tests/browser/promotion_listener.mjs "$base_url" >"$scratch/stranger"; then
        fail "$system: a stranger listens to promotions"
    fi
    same refused "$(<"$scratch/stranger")" 'a stranger is refused'
    node tests/browser/promotion_listener.mjs "$base_url" \
        "access_token_cookie=$(in_jar access_token_cookie "$jar")" >"$scratch/heard" &
    listener=$!
    until [[ -s $scratch/heard ]]; do
        kill -0 "$listener" 2>/dev/null || fail "$system: the listener ended: $(<"$scratch/heard")"
        sleep 0.1
    done
    same connected "$(<"$scratch/heard")" 'the cookie lets the listener in'
    who=(--header "Authorization: Bearer $TOKEN_ADMIN")
    ask POST /promotions "{\"name\":\"Globe week\",\"kind\":\"percent\",\"value\":10,\"scope\":\"product\",\"product_ids\":[$product],\"message\":\"10% off!\"}"
    expect 201 'a promotion starts'
    wait "$listener" || fail "$system: no promotion was heard: $(<"$scratch/heard")"
    same '{"message":"10% off!"}' "$(tail -n 1 "$scratch/heard")" 'what it says'

    who=(--cookie "$jar" --cookie-jar "$jar")
    ask POST /auth/change-password '{"old_password":"not-it-at-all","new_password":"another securepassword"}'
    expect 400 'a wrong old password'
    ask POST /auth/change-password "{\"old_password\":\"$password\",\"new_password\":\"another securepassword\"}"
    expect 200 'another password'
    old_access=$(in_jar access_token_cookie "$jar")
    ask POST /auth/logout
    expect 200 'the session ends'
    same 2 "$(grep -ic '^set-cookie:.*; Max-Age=0' "$scratch/header")" 'both cookies are taken back'
    # curl leaves a file alone when it has nothing to keep.
    rm "$jar"
    ask GET /auth/check
    expect 401 'nobody is signed in any more'
    who=(--cookie "access_token_cookie=$old_access")
    ask GET /auth/check
    expect 401 'the old token is dead'
    who=(--cookie "$jar" --cookie-jar "$jar")
    ask POST /auth/login "{\"username\":\"globe\",\"password\":\"$password\"}"
    expect 401 'the old password is dead'
    holds 'typeof it.msg === "string" || typeof it.message === "string"' 'a word of why'
    ask POST /auth/login '{"username":"globe","password":"another securepassword"}'
    expect 200 'the new password'
    holds 'it.access_token && it.refresh_token && it.msg' 'the tokens are in the body too'

    # The short paths that the published page calls.
    ask POST /signup "{\"username\":\"globe-2\",\"email\":\"globe-2@example.org\",\"password\":\"$password\"}"
    expect 201 '/signup'
    ask POST /change-password "{\"old_password\":\"$password\",\"new_password\":\"another securepassword\"}"
    expect 200 '/change-password'
    ask POST /logout
    expect 200 '/logout'
    ask POST /login '{"username":"globe-2","password":"another securepassword"}'
    expect 200 '/login'
    all_worked
}

# Tokens that live an hour; customers for themselves, an admin for the shop.
flask_ecommerce() {
    local customer id product price item order other
    begin flask-ecommerce
    ask GET /health
    expect 200 'the service is ready'
    holds 'it.status === "ok"' 'and says so'
    ask POST /auth/register "{\"name\":\"Fay Flask\",\"email\":\"fay@example.org\",\"password\":\"$password\",\"role\":\"customer\",\"created_at\":\"2026-01-01T00:00:00\"}"
    expect 201 'register'
    holds 'it.access_token && it.token_type === "Bearer" && it.user.role === "customer" && it.user.name === "Fay Flask"' 'the answer'
    same 3600 "$(of_answer 'it.expires_in')" 'JWT_ACCESS_EXPIRES_MINUTES counts'
    ask POST /auth/register "{\"name\":\"Mallory\",\"email\":\"mallory@example.org\",\"password\":\"$password\",\"role\":\"admin\"}"
    expect 403 'nobody makes themselves an admin'
    ask POST /auth/register "{\"name\":\"Fay\",\"email\":\"FAY@example.org\",\"password\":\"$password\"}"
    expect 409 'an address that is in use'
    ask POST /auth/login "{\"email\":\"fay@example.org\",\"password\":\"$password\"}"
    expect 200 'login'
    id=$(of_answer 'it.user.id')
    customer=$(of_answer 'it.access_token')

    bearer "$TOKEN_ADMIN"
    for path in /products /products/; do
        ask POST "$path" "{\"name\":\"Zwieback $path\",\"price\":2.5,\"currency\":\"EUR\",\"description\":\"twice baked\",\"inventory\":12,\"category\":\"Bakery\",\"images\":[],\"attributes\":{\"crisp\":true},\"created_at\":null,\"updated_at\":null}"
        expect 201 "a product is made at $path"
        holds 'it.stock === 12 && it.price === 2.5 && it.attributes.crisp' 'as it was sent'
    done
    product=$(of_answer 'it.id')
    ask POST /products '{"name":"No price"}'
    expect 400 'a product without a price'
    who=()
    for path in /products /products/; do
        ask GET "$path?query=zwieback&limit=5"
        expect 200 "$path searches"
        holds 'Array.isArray(it) && it.length === 2 && it.every(p => p.name.startsWith("Zwieback"))' 'and finds'
    done
    ask GET '/products?limit=1'
    holds 'it.length === 1' 'the limit counts'
    ask GET "/products/$product"
    expect 200 'a product'
    bearer "$customer"
    ask PUT "/products/$product" '{"price":0.01}'
    expect 403 'customers set no price'
    bearer "$TOKEN_ADMIN"
    ask PUT "/products/$product" '{"price":2.75,"inventory":30}'
    expect 200 'a product changes'
    holds 'it.price === 2.75 && it.stock === 30 && it.description === "twice baked"' 'only what was sent'

    bearer "$customer"
    ask GET "/cart/$id"
    expect 200 'an empty cart'
    holds "it.user_id === $id && it.items.length === 0" 'of this user'
    ask POST "/cart/$id/items" "{\"product_id\":$product,\"quantity\":2}"
    expect 201 'an item'
    item=$(of_answer 'it.items[0].id')
    ask PUT "/cart/$id/items/$item" '{"quantity":3}'
    expect 200 'its quantity'
    holds 'it.items[0].quantity === 3' 'is 3'
    ask POST "/cart/$id/items" "{\"product_id\":$product,\"quantity\":-5}"
    expect 400 'a negative quantity'
    ask DELETE "/cart/$id/items/$item"
    expect 200 'the item goes'
    ask POST "/cart/$id/items" "{\"product_id\":$product,\"quantity\":4}"
    price=$(of_answer 'it.total')
    items=$(of_answer 'it.items')

    ask POST /orders "{\"user_id\":$id,\"items\":[{\"product_id\":$product,\"quantity\":4}],\"total\":0.01}"
    expect 409 'a total of one'\''s own'
    ask POST /orders/ "{\"user_id\":$id,\"items\":$items,\"total\":$price,\"currency\":\"EUR\",\"status\":\"pending\",\"shipping_address\":{\"city\":\"Ulm\"},\"billing_address\":null,\"created_at\":null,\"updated_at\":null}"
    expect 201 'an order of what is in the cart'
    order=$(of_answer 'it.id')
    holds "it.user_id === $id && it.status === 'pending' && it.total === $price && it.shipping_address.city === 'Ulm'" 'as asked'
    ask POST /orders "{\"user_id\":$id,\"items\":[{\"product_id\":$product,\"quantity\":1}],\"total\":2.75,\"status\":\"delivered\"}"
    expect 400 'an order begins as pending'
    ask POST /orders "{\"user_id\":$owner_id,\"items\":[{\"product_id\":$product,\"quantity\":1}],\"total\":2.75}"
    expect 403 'an order for somebody else'
    ask DELETE "/cart/$id"
    expect 200 'the cart is cleared'
    holds 'it.items.length === 0' 'and empty'
    ask GET "/orders/$order"
    expect 200 'the order'
    ask PATCH "/orders/$order" '{"status":"shipped"}'
    expect 403 'customers ship nothing'
    bearer "$TOKEN_ADMIN"
    ask PATCH "/orders/$order" '{"status":"shipped","tracking_number":"1Z999","updated_at":"2026-11-20T19:37:39.908000"}'
    expect 200 'it is shipped'
    holds 'it.status === "shipped" && it.tracking_number === "1Z999"' 'with its number'
    for path in /orders /orders/; do
        ask GET "$path?limit=2"
        expect 200 "$path lists"
        holds "it[0].id === $order && it.every((o, i) => !i || o.created_at <= it[i - 1].created_at)" 'newest first'
    done

    for path in /users /users/; do
        ask GET "$path"
        expect 200 "$path lists"
        holds 'it.some(u => u.email === "fay@example.org" && u.role === "customer") && it.every(u => !("password" in u))' 'without secrets'
    done
    ask POST /users "{\"email\":\"Gus@example.org\",\"password\":\"$password\",\"role\":\"customer\"}"
    expect 201 'an account'
    other=$(of_answer 'it.id')
    ask GET "/users/$other"
    expect 200 'by its id'
    who=()
    ask POST /auth/login "{\"email\":\"gus@example.org\",\"password\":\"$password\"}"
    expect 200 'and it signs in'
    ask GET "/users/$other"
    expect 401 'accounts are nobody else'\''s'
    bearer "$customer"
    ask GET "/users/$id"
    expect 200 'but one'\''s own'
    ask GET "/users/$other"
    expect 403 'not another'\''s'
    bearer "$TOKEN_ADMIN"
    ask DELETE "/products/$product"
    expect 200 'a product goes'
    holds "it.deleted === true && it.product_id === $product" 'the answer'
    ask GET "/products/$product"
    expect 404 'it is gone'
    ask GET "/orders/$order"
    holds "it.items[0].product_id === $product" 'orders keep it'
    all_worked
}

# A page of forms: register, sign in, put something in, check out.
flask_app() {
    local token product id
    begin flask-app
    ask GET /
    expect 200 'the page'
    grep -qi '^content-type: text/html' "$scratch/header" || fail "$system: / is no page"
    ask POST /register "{\"email\":\"user@example.com\",\"username\":\"user1\",\"password\":\"$password\"}"
    expect 201 'register'
    same 'User registered successfully!' "$(of_answer 'it.message')" 'the message'
    ask POST /register '{"username":"user2"}'
    expect 400 'nothing but a name'
    ask POST /login "{\"email\":\"user@example.com\",\"password\":\"wrong-password\"}"
    expect 401 'a wrong password'
    ask POST /login "{\"email\":\"user@example.com\",\"password\":\"$password\"}"
    expect 200 'login'
    token=$(of_answer 'it.token')
    id=$(of_answer 'it.user.id')
    find_product
    holds 'it.every(p => typeof p.id === "number" && p.name && typeof p.price === "number" && typeof p.stock === "number")' 'products'
    ask POST /add-to-cart "{\"user_id\":$id,\"product_id\":$product,\"quantity\":3}"
    expect 401 'a cart is somebody'\''s'
    bearer "$token"
    ask POST /add-to-cart "{\"user_id\":$id,\"product_id\":$product,\"quantity\":3}"
    expect 200 'three are put in'
    same 'Item added to cart!' "$(of_answer 'it.message')" 'the message'
    ask POST /add-to-cart "{\"user_id\":$owner_id,\"product_id\":$product,\"quantity\":3}"
    expect 403 'into the cart of somebody else'
    ask POST /checkout
    expect 201 'checkout without a body'
    same 'Order placed successfully!' "$(of_answer 'it.message')" 'the message'
    holds 'it.order.items[0].quantity === 3 && it.order.status === "pending"' 'and it does something'
    ask POST /checkout '{}'
    expect 400 'an empty cart'
    # Accounts come along with the bare SHA-256 that the old table holds.
    printf 'username,email,mobile_number,role,password_hash\nolduser,old@example.com,,customer,%s\n' \
        "$(printf '%s' "$password" | sha256sum | cut -d ' ' -f 1)" >"$scratch/users.csv"
    shop_cli "$shop" import users "$scratch/users.csv" >/dev/null || fail "$system: import users"
    for _ in before after; do
        ask POST /login "{\"email\":\"old@example.com\",\"password\":\"$password\"}"
        expect 200 'an account that was brought along, before and after its hash is made anew'
    done
    all_worked
}

# TOKEN_ADMIN and TOKEN_USER, as its collection of requests has them.
interactive_eq() {
    local product
    begin interactive-eq
    ask GET /
    expect 200 'the home page'
    ask POST /register "{\"username\":\"ieq\",\"password\":\"$password\",\"role\":\"user\"}"
    expect 201 'register'
    ask POST /register "{\"username\":\"ieq-admin\",\"password\":\"$password\",\"role\":\"admin\"}"
    expect 403 'nobody registers as an admin'
    ask POST /auth "{\"username\":\"ieq\",\"password\":\"$password\"}"
    expect 200 'authenticate'
    holds 'typeof it.access_token === "string"' 'a token'
    bearer "$(shop_cli "$shop" user token --username ieq)"
    find_product
    ask GET "/products/$product"
    expect 200 'a user reads products'
    ask POST /products '{"name":"Chalk","price":25}'
    expect 403 'a user adds nothing'
    ask GET /users
    expect 403 'a user lists nobody'
    ask GET /users/ieq
    expect 200 'but reads their own account'
    ask DELETE /users/ieq
    expect 403 'and deletes nobody here'
    bearer "$TOKEN_ADMIN"
    ask POST /products '{"name":"Chalk","price":25}'
    expect 201 'an admin adds a product'
    product=$(of_answer 'it.id')
    ask PUT "/products/$product" '{"price":125}'
    expect 200 'and updates it'
    holds 'it.price === 125 && it.name === "Chalk"' 'the rest stays'
    ask GET "/products/$product"
    holds 'it.price === 125' 'what was written is read'
    ask DELETE "/products/$product"
    expect 200 'and deletes it'
    same 'Product deleted' "$(of_answer 'it.message')" 'the message'
    ask GET /users
    expect 200 'all users'
    holds 'it.some(u => u.username === "ieq") && !JSON.stringify(it).includes("argon2")' 'without hashes'
    ask GET /users/ieq
    expect 200 'a user by name'
    holds 'it.username === "ieq" && it.role === "customer"' 'that one'
    ask DELETE /users/ieq
    expect 200 'delete it'
    same 'User deleted' "$(of_answer 'it.message')" 'the message'
    ask GET /users/ieq
    expect 404 'it is gone'
    all_worked
}

# The newest code that went to a number.
code_for() {
    tail -n 1 "$scratch/codes" | json "it.mobile_number === '$1' ? it.otp : 'none for $1'"
}

# A phone and a trolley with a scale.
smart_cart() {
    local jar=$scratch/smart.jar number=9876543210 token id product code weight device cart key other food_type
    begin smart-cart
    device=$(shop_cli "$shop" device add --name 'Smart cart' --json)
    cart=$(json 'it.id' <<<"$device")
    key=$(json 'it.key' <<<"$device")
    who=(--cookie "$jar" --cookie-jar "$jar")
    ask POST /auth/verify_mobile "{\"mobile_number\":\"$number\"}"
    expect 200 'a code is sent'
    same "OTP sent to $number" "$(of_answer 'it.message')" 'the message'
    code=$(code_for "$number")
    if [[ $code != 123456 ]]; then
        ask POST /auth/verify_otp "{\"mobile_number\":\"$number\",\"otp\":\"123456\"}"
        expect 400 'the fixed code of the old sources'
    fi
    ask POST /auth/verify_otp "{\"mobile_number\":\"$number\",\"otp\":\"$code\"}"
    expect 200 'the code that came'
    holds 'it.is_profile_complete === false && typeof it.user_id === "number"' 'a new number'
    token=$(of_answer 'it.token')
    id=$(of_answer 'it.user_id')
    ask POST /auth/verify_otp "{\"mobile_number\":\"$number\",\"otp\":\"$code\"}"
    expect 400 'a code works once'
    ask GET /misc/foodtypes-categories
    expect 200 'food types and categories'
    holds 'it.categories.every(c => c.category_id && c.category_name) && it.foodtypes.every(f => f.foodtype_id && f.foodtype_name)' 'by number and name'
    food_type=$(of_answer 'it.foodtypes[0].foodtype_id')
    # Shortly after the code, the cookie says who it is.
    ask POST /auth/create_profile "{\"user_name\":\"Asha\",\"email\":\"asha@example.org\",\"mobile_number\":\"$number\",\"user_foodtype_id\":$food_type}"
    expect 200 'create_profile'
    holds "it.user_id === $id && it.user_name === 'Asha' && it.is_profile_complete && it.user_foodtype_id === $food_type" 'the profile'
    bearer "$token"
    ask POST /auth/complete_profile '{"user_name":"Asha P"}'
    expect 200 'complete_profile'
    ask POST /user/create_profile '{"user_name":"Asha Poriya"}'
    expect 200 'as the /user/ prefix has it'
    ask GET /user/profile
    expect 200 'the profile'
    holds 'it.user_name === "Asha Poriya" && it.email === "asha@example.org"' 'it stays'

    find_product
    other=$(of_answer "it.filter(p => p.location && p.unit === 'each' && p.id !== $product && !p.min_age)[5].id")
    ask GET "/products/$product"
    expect 200 'a product'
    code=$(of_answer 'it.barcodes[0]')
    weight=$(of_answer 'it.weight_g')
    ask GET "/products/barcode/$code"
    expect 200 'by its barcode'
    holds "it.id === $product" 'the same'
    ask GET '/products/search?query=milk'
    expect 200 'search'
    holds 'it.results.length > 0' 'finds'
    ask GET /products/offers
    expect 200 'offers'
    holds 'it.offers.length > 0 && it.offers.every(p => p.discounted_price < p.price && p.offer_name)' 'cheaper, and why'

    ask POST /user/checklist/add "{\"product_id\":$product,\"quantity\":2}"
    expect 200 'on the list'
    ask POST /user/checklist/add "{\"product_id\":$other,\"quantity\":1}"
    ask GET /user/checklist
    expect 200 'the list'
    holds "it.items[0].product_id === $product && it.items[0].quantity === 2 && it.items[0].product.name && it.items[0].user_id === $id && it.items[0].checklist_id > 0" 'what is on it'
    ask POST /user/checklist/remove "{\"product_id\":$other}"
    expect 200 'off the list'

    ask POST /cart/connect "{\"cart_id\":$cart}"
    expect 200 'connect'
    holds "it.cart_id === $cart && it.user_id === $id && it.message" 'to this trolley'
    ask POST /cart/connect "{\"cart_id\":$cart}"
    expect 200 'connect once more'
    who=()
    ask POST /cart/esp32/add_item "{\"cart_id\":$cart,\"product_id\":$product,\"weight\":$weight}"
    expect 401 'a trolley without a key'
    # Numbers as text are common in firmware.
    who=(--header "X-API-Key: $key")
    ask POST /cart/esp32/add_item "{\"cart_id\":\"$cart\",\"product_id\":\"$product\",\"weight\":\"$weight.5\"}"
    expect 200 'an item is put in'
    holds 'it.success === true && it.message && it.items === 1' 'the display'
    ask POST /cart/esp32/add_item "{\"cart_id\":$((cart + 1)),\"product_id\":$product,\"weight\":$weight}"
    expect 403 'another trolley'
    ask POST /cart/esp32/update_item "{\"cart_id\":$cart,\"barcode\":\"$code\",\"quantity\":2}"
    expect 200 'two are counted'
    bearer "$token"
    ask GET /cart/view
    expect 200 'the cart'
    holds "it.user_id === $id && it.device_id === $cart && it.items[0].product_id === $product && it.items[0].quantity === 2" 'what was scanned'
    ask POST /cart/item/add "{\"product_id\":$other}"
    expect 200 'by hand'
    ask POST /cart/item/remove "{\"product_id\":$other}"
    expect 200 'and out again'

    ask GET "/cart/$cart/location"
    expect 200 'where the trolley is'
    holds "it.cart_id === $cart && typeof it.x_coord === 'number' && typeof it.y_coord === 'number' && 'section_id' in it && it.updated_at" 'in metres'
    ask GET "/cart/product_locations?product_ids=$product,$other,99999"
    expect 200 'where products are'
    holds 'it.length === 2 && it.every(l => typeof l.x_coord === "number" && typeof l.y_coord === "number" && l.section_id && l.section.section_name)' 'in metres'
    ask GET /misc/store-sections
    expect 200 'sections'
    holds 'it.every(s => s.section_id && s.section_name && "floor_level" in s && "x1" in s && "y2" in s)' 'with their corners'
    ask POST /cart/shortest_path '{"start_x":5,"start_y":1,"destinations":[{"x":20,"y":12},{"x":6,"y":5}]}'
    expect 200 'a walk to points'
    holds 'it.path.length > 2 && it.path.every(p => typeof p.x === "number" && typeof p.y === "number") && it.stops.length === 2' 'by all of them'
    ask POST /cart/shortest_path "{\"destinations\":[{\"product_id\":$product},{\"product_id\":$other}]}"
    expect 200 'a walk to products'
    holds 'it.segments.length >= 2 && it.unreachable.length === 0 && it.steps.length > 0' 'leg by leg'

    ask POST /orders/checkout
    expect 201 'checkout'
    holds 'it.order_id > 0 && it.message' 'an order'
    code=$(of_answer 'it.order_id')
    ask POST /orders/checkout
    expect 400 'an empty cart'
    ask GET /orders/history
    expect 200 'history'
    holds "it[0].id === $code && it[0].items[0].product_id === $product" 'newest first'
    ask POST /cart/disconnect
    expect 200 'disconnect'
    all_worked
}

say 'The settings that their operators know'
shop=$scratch/shop
cat >"$scratch/.env" <<'ENV'
# What the older systems' operators have in their files.
MONGO_URI="mongodb://localhost:27017"
MONGO_DB="ecommerce"
DATABASE_URL=postgresql://username:password@host:5432/smart_cart_db
SECRET_KEY=change-me
FLASK_SECRET_KEY=change-me
FLASK_DEBUG=0
FLASK_ENV=production
JWT_SECRET_KEY=a-secret-of-the-older-systems-0123456789
JWT_ALGORITHM=HS256
JWT_ACCESS_EXPIRES_MINUTES=60
CARTWRIGHT_COUNTRY=IN
CARTWRIGHT_CORS_ORIGINS=http://localhost:5173
CARTWRIGHT_OTP_CHANNEL=file
ENV
printf 'CARTWRIGHT_OTP_FILE=%s\n' "$scratch/codes" >>"$scratch/.env"
for line in FIXED_OTP=123456 JWT_ALGORITHM=RS256 JWT_SECRET_KEY=local-dev-secret; do
    printf '%s\n' "$line" >"$scratch/.refused"
    if shop_cli "$shop" serve --http 127.0.0.1:0 --env-file "$scratch/.refused" 2>"$scratch/refused.txt"; then
        fail "$line was taken"
    fi
    grep -qi "${line%%=*}" "$scratch/refused.txt" || fail "$line: nothing says why it is refused"
done
start_shop "$shop" --demo --env-file "$scratch/.env"
printf '%s' "$password" | shop_cli "$shop" user add --username token-admin --role admin --password-stdin >/dev/null
TOKEN_ADMIN=$(shop_cli "$shop" user token --username token-admin --minutes 60)
bearer "$TOKEN_ADMIN"
ask GET /auth/check
owner_id=$(of_answer 'it.user.id')

globe_exam
flask_ecommerce
flask_app
interactive_eq
smart_cart
stop_shop "$shop_pid"

say "older systems: $(grep -cE '^[a-z]' "$routes") routes as documented"
