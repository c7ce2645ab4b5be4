//! Accounts, and the sessions in which they act.

use crate::http::route::ParamKind::{Id, Text};
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Anyone, Shopper};
use crate::http::route::{delete, get, patch, post};
use crate::http::ui;
use crate::http::v1::{auth, classes, one_time_codes, profiles, sessions, setup, users};
use crate::wire::user::User;

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
pub(super) fn accounts() -> Vec<Route> {
    vec![
        get("/setup", Anyone, ui::setup)
            .id("findSetup")
            .summary("Whether the first admin is still to be made; browsers are led to the page")
            .returns::<ui::Setup>(200)
            .answers(303, ""),
        post("/setup", Anyone, setup::create)
            .id("createFirstAdmin")
            .summary("Make the first admin")
            .body::<setup::FirstAdmin>()
            .example(r#"{"token":"K7P2-9QXD","username":"owner","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(201)
            .refuses(403, "wrong-setup-token")
            .refuses(409, "already-set-up"),
        post("/auth/signup", Anyone, auth::sign_up)
            .id("signUp")
            .summary("Make an account for oneself")
            .body::<auth::SignUp>()
            .example(r#"{"username":"ann","email":"ann@example.com","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(201)
            .refuses(403, "role-not-allowed")
            .refuses(409, "username-taken, email-taken")
            .alias("/auth/register")
            .alias("/register")
            .alias("/signup"),
        post("/auth/login", Anyone, auth::sign_in)
            .id("signIn")
            .summary("Sign in by password")
            .about(
                "A disabled account is refused like a wrong password. From the 6th failure on the \
                 answer is 429 for a while, and the password is not looked at.",
            )
            .body::<auth::Login>()
            .example(r#"{"username":"ann","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(200)
            .refuses(401, "wrong-credentials")
            .refuses(429, "too-many-attempts")
            .alias("/login")
            .alias("/auth"),
        post("/auth/refresh", Anyone, auth::refresh)
            .id("refreshTokens")
            .summary("A new pair of tokens for a refresh token")
            .optional_body::<auth::RefreshInput>()
            .example(r#"{"refresh_token":"qk3v5V0Yw1bYt0m8Zc1d2Q"}"#)
            .optional_credential()
            .refuses(403, "bad-origin")
            .returns::<auth::TokenAnswer>(200)
            .refuses(401, "missing-refresh-token, invalid-refresh-token")
            .alias("/token/refresh"),
        post("/auth/logout", Anyone, auth::sign_out)
            .id("signOut")
            .summary("End the session of a token that we issued, be it expired")
            .optional_body::<auth::RefreshInput>()
            .example(r#"{"refresh_token":"qk3v5V0Yw1bYt0m8Zc1d2Q"}"#)
            .optional_credential()
            .refuses(403, "bad-origin")
            .returns::<auth::Message>(200)
            .refuses(401, "not-signed-in")
            .alias("/logout"),
        post("/auth/change-password", Shopper, auth::change_password)
            .id("changePassword")
            .summary("Another password; all other sessions end")
            .body::<auth::PasswordChange>()
            .example(r#"{"old_password":"a quiet walk","new_password":"a longer walk"}"#)
            .returns::<auth::Message>(200)
            .refuses(429, "too-many-attempts")
            .alias("/change-password"),
        get("/auth/check", Anyone, auth::check)
            .id("checkSession")
            .summary("Who is signed in")
            .returns::<auth::Check>(200)
            .optional_credential()
            .refuses(401, "not-signed-in"),
        post("/auth/ticket", Shopper, auth::ticket)
            .id("createTicket")
            .summary("A ticket for one live connection")
            .returns::<auth::Ticket>(201),
        get("/users", Admin, users::list)
            .id("listUsers")
            .summary("Accounts")
            .returns_list::<User>(200)
            .paged_by(users::LIST_DEFAULT),
        post("/users", Admin, users::create)
            .id("createUser")
            .summary("Make an account")
            .body::<users::NewUser>()
            .example(r#"{"username":"ben","password":"a quiet walk","role":"staff"}"#)
            .returns::<User>(201)
            .refuses(409, "username-taken, email-taken, number-taken")
            .idempotent(),
        get("/users/{user}", Shopper, users::find)
            .id("findUser")
            .summary("An account; one's own, or any for admins")
            .param("user", Text, "An id or a username")
            .returns::<User>(200)
            .refuses(403, "not-yours"),
        patch("/users/{user}", Admin, users::update)
            .id("updateUser")
            .summary("Change an account")
            .param("user", Text, "An id or a username")
            .body::<users::UserPatch>()
            .example(r#"{"name":"Ben Miller","disabled":false}"#)
            .returns::<User>(200)
            .refuses(409, "email-taken, number-taken, last-admin"),
        delete("/users/{user}", Admin, users::delete)
            .id("deleteUser")
            .summary("Remove an account; its orders stay")
            .param("user", Text, "An id or a username")
            .returns::<users::UserDeleted>(200)
            .refuses(409, "last-admin"),
    ]
}

/// Signing in by mobile number, and shoppers' own profiles.
pub(super) fn mobile_accounts() -> Vec<Route> {
    vec![
        post("/auth/verify_mobile", Anyone, one_time_codes::send)
            .id("sendCode")
            .summary("Send a one-time code to a mobile number")
            .about(
                "The code leaves by the channel of the settings and is never in the answer, which \
                 is the same for every number. A new code replaces the one before.",
            )
            .body::<one_time_codes::VerifyMobile>()
            .returns::<one_time_codes::CodeSent>(200)
            .refuses(429, "too-many-attempts")
            .refuses(503, "code-not-sent"),
        post("/auth/verify_otp", Anyone, one_time_codes::verify)
            .id("signInByCode")
            .summary("Sign in by the code that came, or change one's number")
            .about(
                "Signs in the customer of the number, or makes an account for it. Five tries a \
                 code, twenty failures a day; after the fifth failure of a number, whether its \
                 code is dead or not, the next tries wait as those of passwords do (429). With \
                 anybody's access token it changes their number instead, ends their other sessions and signs in once more; a number that \
                 another account has leaves the code good. The first code of a number that an \
                 admin or an import wrote into an account ends that account's sessions and takes \
                 its password away: only who verifies the number while signed in keeps it.",
            )
            .body::<one_time_codes::VerifyOtp>()
            .returns::<one_time_codes::CodeSignedIn>(200)
            .refuses(400, "invalid-code")
            .refuses(401, "account-disabled, session-ended")
            .refuses(403, "customers-only, bad-origin")
            .refuses(409, "number-taken")
            .refuses(429, "too-many-attempts"),
        post("/auth/create_profile", Shopper, profiles::complete)
            .id("createProfile")
            .summary("Say what one is called, and what one eats")
            .about("What is left out stays as it is, null clears it; the name is required.")
            .body::<profiles::ProfileInput>()
            .example(r#"{"user_name":"Dana Demo","user_foodtype_id":1}"#)
            .returns::<profiles::Profile>(200)
            .refuses(403, "role-not-allowed")
            .refuses(409, "email-taken")
            .alias("/auth/complete_profile")
            .alias("/user/create_profile"),
        get("/user/profile", Shopper, profiles::find)
            .id("findProfile")
            .summary("One's own profile")
            .returns::<profiles::Profile>(200),
        patch("/user/profile", Shopper, profiles::update)
            .id("updateProfile")
            .summary("Change one's own profile")
            .about(
                "What is left out stays as it is, null clears it. Not the mobile number: \
                 /auth/verify_mobile and /auth/verify_otp change that.",
            )
            .body::<profiles::ProfileInput>()
            .example(r#"{"name":"Dana Demo","user_allergy_id":7}"#)
            .returns::<profiles::Profile>(200)
            .refuses(403, "role-not-allowed")
            .refuses(409, "email-taken"),
        delete("/user/profile", Shopper, profiles::delete)
            .id("deleteProfile")
            .summary("Remove one's own account for good; its orders stay")
            .about("The session is enough: an app asks its shopper once before it calls this.")
            .returns::<profiles::ProfileDeleted>(200)
            .refuses(409, "last-admin"),
        get("/misc/foodtypes-categories", Anyone, classes::list)
            .id("listFoodTypes")
            .summary("Categories of the catalogue, food types and allergens, with their numbers")
            .returns::<classes::ShopClasses>(200),
    ]
}

pub(super) fn open_sessions() -> Vec<Route> {
    vec![
        get("/auth/sessions", Shopper, sessions::list)
            .id("listSessions")
            .summary("Where one is signed in, newest first; admins may name another account")
            .query::<sessions::Whose>()
            .returns_list::<sessions::Session>(200)
            .paged()
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
        delete("/auth/sessions", Shopper, sessions::end_all)
            .id("endSessions")
            .summary("Sign out everywhere, here too; admins may name another account")
            .about("The tokens of the ended sessions are dead at once, and cookies are cleared.")
            .query::<sessions::Whose>()
            .returns::<sessions::SessionsEnded>(200)
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
        delete("/auth/sessions/{id}", Shopper, sessions::end)
            .id("endSession")
            .summary("Sign out in one place")
            .param("id", Id, "A session's id; somebody else's is not found")
            .query::<sessions::Whose>()
            .returns::<sessions::SessionsEnded>(200)
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
    ]
}
