// Shapes of the public API that the screens read, for editors and type checkers. No code.

/**
 * @typedef {object} User
 * @property {number} id
 * @property {string} username
 * @property {string | null} email
 * @property {string | null} name
 * @property {"admin" | "staff" | "customer"} role
 * @property {string | null} mobile_number
 * @property {string} created_at
 * @property {string | null} last_login
 * @property {boolean} disabled
 */

/**
 * @typedef {object} Product
 * @property {number} id
 * @property {string} sku
 * @property {string[]} barcodes
 * @property {string | null} plu
 * @property {string[]} rfid
 * @property {string} name
 * @property {string | null} brand
 * @property {string | null} category  Levels parted by "/".
 * @property {string | null} description
 * @property {number} price  Per piece, or per kilogram where `unit` is "kg".
 * @property {string} currency
 * @property {number | null} discounted_price
 * @property {string | null} offer_name
 * @property {number} stock  Pieces, or grams where `unit` is "kg".
 * @property {"each" | "kg"} unit
 * @property {number | null} weight_g
 * @property {number} tax_rate  Percent.
 * @property {number | null} min_age
 * @property {string[]} allergens
 * @property {string[]} food_types
 * @property {number} pick_group
 * @property {string | null} location
 * @property {string[]} images  Paths; the first is the main one.
 * @property {(string | null)[]} thumbnails  Of the images, in their order; `null` where there is none.
 * @property {{barcode: string, quantity: number}[]} packs
 * @property {number | null} tare_g
 * @property {number | null} deposit_id
 * @property {number | null} low_stock  In stock units.
 * @property {boolean} is_low
 * @property {{price: number, valid_from: string}[]} scheduled_prices
 * @property {Record<string, unknown>} attributes
 * @property {string} [highlight]  The name in HTML, what a search found in `<b>`.
 * @property {boolean} active
 * @property {number} version
 * @property {string} created_at
 * @property {string} updated_at
 */

/**
 * @typedef {object} Movement
 * @property {number} id
 * @property {number} product_id
 * @property {"sale" | "receipt" | "return" | "adjustment" | "shrinkage"} kind
 * @property {number} delta
 * @property {number} stock_after
 * @property {number | null} order_id
 * @property {number | null} by
 * @property {string} at
 * @property {string | null} note
 */

/**
 * @typedef {object} ImportReport
 * @property {number | null} id
 * @property {number} new
 * @property {number} changed
 * @property {number} unchanged
 * @property {number} rejected
 * @property {boolean} applied
 * @property {{header: string, column: string | null}[]} columns
 * @property {ImportChange[]} changes  The first ones.
 * @property {{line: number, field: string, message: string}[]} errors  The first ones.
 */

/**
 * @typedef {object} ImportChange
 * @property {number} line
 * @property {"new" | "changed"} verdict
 * @property {string | null} sku
 * @property {string} name
 * @property {Record<string, {before: unknown, after: unknown}>} fields
 */

/**
 * @typedef {object} Import
 * @property {number} id
 * @property {string} kind
 * @property {string} at
 * @property {number | string | null} by
 * @property {string} file_sha256
 * @property {number} new
 * @property {number} changed
 * @property {number} unchanged
 * @property {number} rejected
 * @property {"running" | "done" | "undone" | "interrupted"} state
 * @property {string | null} undone_at
 */

/**
 * @typedef {object} Synonyms
 * @property {number} id
 * @property {string[]} words
 * @property {number} version
 */

/**
 * @typedef {object} BarcodeRule
 * @property {string} pattern  13 signs: digits stand for themselves, I item, W grams, P price, C check digit.
 * @property {boolean} strict_check_digit
 */

/**
 * @typedef {object} CodeReading
 * @property {string} code
 * @property {{valid: boolean, normalised: string | null, problem: string | null}} gtin
 * @property {{index: number, pattern: string} | null} rule
 * @property {string | null} item
 * @property {number | null} weight_g
 * @property {number | null} price
 * @property {string | null} plu
 * @property {{id: number, name: string} | null} product
 * @property {string} explanation
 */

/**
 * @typedef {object} Line
 * @property {number} id
 * @property {number} product_id
 * @property {string} sku
 * @property {string} name
 * @property {number} quantity
 * @property {number | null} weight_g
 * @property {number} unit_price
 * @property {number} discount
 * @property {number} total
 * @property {boolean} [is_deposit]  Goes with another line.
 */

/**
 * @typedef {object} Cart
 * @property {number | null} id
 * @property {number | null} user_id
 * @property {number | null} device_id
 * @property {Line[]} items
 * @property {number} subtotal
 * @property {number} discount
 * @property {number} tax
 * @property {number} total
 * @property {string} currency
 * @property {number} item_count
 * @property {"active" | "idle" | "abandoned"} [state]
 * @property {number} version
 * @property {string} updated_at
 */

/**
 * @typedef {object} Order
 * @property {number} id
 * @property {string | number} number
 * @property {string} code
 * @property {number | null} user_id
 * @property {number | null} device_id
 * @property {Line[]} items
 * @property {number} subtotal
 * @property {number} discount
 * @property {number} tax
 * @property {number} total
 * @property {string} currency
 * @property {string} status
 * @property {string[]} next_statuses
 * @property {{status: string, at: string, by: string | number | null}[]} history
 * @property {string | null} tracking_number
 * @property {string | null} shipping_address
 * @property {string | null} billing_address
 * @property {string} created_at
 * @property {string} updated_at
 */

/**
 * A trolley's hardware, and what is known of it.
 * @typedef {object} Device
 * @property {number} id
 * @property {string} name
 * @property {string} cart_code
 * @property {boolean} revoked
 * @property {boolean} online
 * @property {"online" | "asleep" | "offline" | "new"} state  `new`: never seen.
 * @property {string | null} last_seen
 * @property {number | null} user_id  Whose phone is connected with it.
 * @property {number} dedupe_ms
 * @property {"g" | "kg"} weight_unit
 * @property {boolean} signed_only
 * @property {number} heartbeat_s
 * @property {string | null} mac
 * @property {string | null} chip
 * @property {number | null} battery_pct
 * @property {number | null} rssi  dBm.
 * @property {string | null} firmware
 * @property {number | null} cart_weight  Grams.
 * @property {number | null} free_heap  Bytes.
 * @property {string | null} ip
 * @property {number} session
 * @property {string | null} session_began_at
 * @property {number} items  Units in its basket.
 * @property {number} total
 * @property {string} currency
 * @property {number} open_alerts
 * @property {string} created_at
 */

/**
 * Something that a trolley noticed.
 * @typedef {object} Alert
 * @property {number} id
 * @property {number} device_id
 * @property {string} device_name
 * @property {number | null} cart_id
 * @property {string} kind
 * @property {string} detail  What probably happened.
 * @property {number} confidence  0 to 1.
 * @property {number | null} product_id
 * @property {number | null} weight_g
 * @property {"open" | "cleared"} state
 * @property {string} at
 * @property {string | null} cleared_at
 * @property {string | number | null} cleared_by
 * @property {string | null} note
 */

/**
 * An image for the trolleys' boards.
 * @typedef {object} Firmware
 * @property {number} id
 * @property {string} version
 * @property {string} chip
 * @property {number} size  Bytes.
 * @property {string} md5
 * @property {string} sha256
 * @property {string} notes
 * @property {string[]} warnings  What looks wrong with it.
 * @property {"none" | "one" | "tenth" | "all"} ring
 * @property {number | null} device_id  Of ring `one`.
 * @property {"draft" | "rolling" | "halted"} state
 * @property {string} created_at
 * @property {string | number | null} created_by
 * @property {boolean} [downgrade]  It also goes to trolleys that run a newer version.
 * @property {{offered: number, installed: number, healthy: number, rolled_back: number}} counts  Each trolley counts for the earlier steps too.
 */

/**
 * Lets a board become a trolley, once.
 * A pairing code that nobody has used yet.
 * @typedef {object} OpenCode
 * @property {number} id
 * @property {string | null} name
 * @property {number | null} device_id
 * @property {string} expires_at
 * @property {string | null} created_by
 */

/**
 * @typedef {object} PairingCode
 * @property {number} id
 * @property {string} pairing_code
 * @property {string} expires_at
 * @property {string} url
 * @property {string} qr  An SVG.
 * @property {string} qr_text
 */

/**
 * @typedef {object} Dashboard
 * @property {string} currency
 * @property {number} orders_today
 * @property {number} revenue_today
 * @property {number} open_carts
 * @property {number} devices_seen
 * @property {number} devices_total
 * @property {number} products
 * @property {number} low_stock_count
 * @property {{product_id: number, name: string, stock: number}[]} low_stock
 * @property {{date: string, orders: number, revenue: number}[]} orders_by_day
 * @property {Order[]} recent_orders
 */

/**
 * @typedef {object} Promotion
 * @property {number} id
 * @property {string} name
 * @property {string} message
 * @property {"percent" | "amount"} kind
 * @property {number} value  Percent, or money off each piece or kilogram.
 * @property {"product" | "category" | "cart"} scope
 * @property {number[]} product_ids
 * @property {string[]} categories  Each with all below it.
 * @property {string} starts_at
 * @property {string | null} ends_at
 * @property {boolean} active
 * @property {number} version
 */

/**
 * @typedef {object} SettingDetail
 * @property {string} key
 * @property {string} about
 * @property {string} accepts
 * @property {any} default
 * @property {any} running
 * @property {string} source
 * @property {"text" | "number" | "switch" | "list"} kind
 * @property {boolean} secret
 * @property {boolean} editable
 */

/**
 * @typedef {object} AuditEntry
 * @property {number} seq
 * @property {string} at
 * @property {string} actor
 * @property {string | null} actor_name
 * @property {string | null} from
 * @property {string} action
 * @property {string} target
 * @property {Record<string, any> | null} before
 * @property {Record<string, any> | null} after
 * @property {string} hash
 */

/**
 * @typedef {object} OpenSession
 * @property {number} id
 * @property {string} created_at
 * @property {string} last_used_at
 * @property {string} expires_at
 * @property {string} user_agent
 * @property {string | null} address
 * @property {boolean} current
 */

/**
 * @typedef {object} MapNode
 * @property {string} id
 * @property {number} x  Metres to the right.
 * @property {number} y  Metres up.
 * @property {number} [floor]
 * @property {"junction" | "entrance" | "checkout" | "shelf"} [kind]
 */

/**
 * @typedef {object} MapEdge
 * @property {string} from
 * @property {string} to
 * @property {number | null} [length]  Metres; the straight line if it is not given.
 * @property {boolean} [one_way]
 * @property {boolean} [closed]
 * @property {string | null} [aisle]
 * @property {"walk" | "stairs" | "lift"} [kind]
 * @property {number | null} [seconds]
 * @property {number | null} [width_m]
 * @property {string | null} [hours]  `08:00-20:00`
 */

/**
 * @typedef {object} MapSection
 * @property {string} id
 * @property {string} name
 * @property {number} [floor]
 * @property {number} x1
 * @property {number} y1
 * @property {number} x2
 * @property {number} y2
 */

/**
 * @typedef {object} MapLocation
 * @property {string} id
 * @property {string | null} [node]
 * @property {string | null} [from]
 * @property {string | null} [to]
 * @property {number | null} [offset]  Metres of the edge's length.
 * @property {"left" | "right" | null} [side]
 */

/**
 * @typedef {object} StoreMap
 * @property {string} name
 * @property {string} [unit]
 * @property {MapNode[]} nodes
 * @property {MapEdge[]} edges
 * @property {MapSection[]} [sections]
 * @property {MapLocation[]} [locations]
 */

/**
 * An aisle, or one way, that staff reported as blocked.
 * @typedef {object} Closure
 * @property {number} id
 * @property {string | null} aisle
 * @property {string | null} from
 * @property {string | null} to
 * @property {string | null} reason
 * @property {string | null} until
 * @property {string} created_at
 * @property {string | null} created_by  `null` for the command line.
 * @property {number} edges  How many ways of the present map it bars.
 */

/**
 * @typedef {object} MapFinding
 * @property {"error" | "warning" | "note"} level
 * @property {string} code
 * @property {string} at  E.g. `locations[3]`.
 * @property {string} message
 */

/**
 * What can be said about a map.
 * @typedef {object} MapReport
 * @property {string} format
 * @property {number} nodes
 * @property {number} edges
 * @property {number} sections
 * @property {number} locations
 * @property {MapFinding[]} findings
 * @property {number} more  Findings that are not listed.
 * @property {number} errors
 * @property {number} warnings
 * @property {number} notes
 * @property {StoreMap | null} [map]  What a file was read as.
 */

/** @typedef {{node: string | null, x: number, y: number, floor: number}} PathPoint */

/**
 * @typedef {object} WalkLeg
 * @property {number | null} stop  Position in the request; `null` on the way to the end.
 * @property {number} distance
 * @property {PathPoint[]} path
 * @property {string[]} steps
 * @property {string[]} [display]  At most 16 characters each.
 */

/**
 * @typedef {object} WalkAnswer
 * @property {number} distance
 * @property {boolean} optimal
 * @property {number} lower_bound
 * @property {string} method
 * @property {{index: number, leg_distance: number, distance_so_far: number, note?: string | null, approximate?: boolean}[]} stops
 * @property {string | null} end
 * @property {PathPoint[]} path
 * @property {WalkLeg[]} segments
 * @property {string[]} steps
 * @property {{index: number, reason: string}[]} unreachable
 * @property {number} elapsed_us
 * @property {string[]} [display]
 */

export {};
