//! Every table of the file, in one list.
//!
//! A table that is not in this list cannot be backed up, so there is no other way to declare one:
//! the macro makes the typed constant, the registry that backups walk, and the check that a row of
//! an archive decodes. Names say key and content, `PRODUCT_BY_ID`, and never change.

use super::error::Error;
use super::idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyUse};
use super::record::Blob;
use super::records::barcode_rules::BarcodeRules;
use super::records::device::{AnswerRecord, BootRecord, RecentAnswers};
use super::records::last_seen::LastSeenGroup;
use super::records::product::{LedgerLine, StockRecord};
use super::table::Table;
use crate::domain::accounts::{Email, MobileNumber, Session, User, Username};
use crate::domain::alerts::{Alert, AlertKind};
use crate::domain::audit::{Entry as AuditEntry, Mark as AuditMark};
use crate::domain::cart::Cart;
use crate::domain::catalog::Product;
use crate::domain::checklist::Checklist;
use crate::domain::classes::ClassKind;
use crate::domain::closures::Closure;
use crate::domain::codes::{Gtin, Sku, Uid};
use crate::domain::devices::{BootId, Device, KeyHash};
use crate::domain::enrolment::PairingCode;
use crate::domain::firmware::{Firmware, ImageHash, Installation};
use crate::domain::id::{
    AlertId, CartId, DeviceId, MovementId, OrderId, ProductId, PromotionId, SessionId, SynonymId,
    UserId,
};
use crate::domain::imports::{Import, JournalEntry, Kept};
use crate::domain::one_time_codes::CodeLedger;
use crate::domain::orders::Order;
use crate::domain::pictures::{Picture, PictureHash};
use crate::domain::position::Position;
use crate::domain::promotions::Promotion;
use crate::domain::searches::Misses;
use crate::domain::stock::StockMovement;
use crate::domain::synonyms::SynonymGroup;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $record:ty;)+) => {
        $($(#[$doc])* pub const $name: Table<$key, $record> = Table::new(stringify!($name));)+

        /// The names of all tables, in the order in which a backup writes them.
        pub const ALL: &[&str] = &[$(stringify!($name)),+];

        /// Checks that a row decodes as its table's types.
        pub fn check_row(table: &str, key: &[u8], value: &[u8]) -> Result<(), Error> {
            match table {
                $(stringify!($name) => $name.check_row(key, value),)+
                _ => Err(Error::UnregisteredTable { table: table.into() }),
            }
        }
    };
}

tables! {
    /// Facts about the file itself, by name: the schema version.
    META_BY_NAME: String => u64;

    /// The last number that each sequence gave out, by the sequence's name.
    SEQUENCE_BY_NAME: String => u64;

    /// What changed, by change sequence. The content is the event's own record; see `change_log`.
    CHANGE_BY_SEQ: u64 => super::change_log::AnyChange;

    /// Answers already given, by who asked, for what, with which key; see `idempotency`.
    IDEMPOTENCY_BY_KEY: IdempotencyKey => IdempotencyRecord;
    /// The answers' contents, in pieces of at most 60 KiB.
    IDEMPOTENCY_CONTENT_BY_KEY: (IdempotencyKey, u32) => Blob;
    /// The answers' keys by their time, in milliseconds since 1970: what pruning follows.
    IDEMPOTENCY_BY_TIME: (i64, IdempotencyKey) => ();
    /// The same by who asked, with the answers' bytes: whose budget they count against. Answers of
    /// programs that did not count them are missing here.
    IDEMPOTENCY_BY_PRINCIPAL: (String, i64, IdempotencyKey) => u64;
    /// The sums of that, by who asked.
    IDEMPOTENCY_USE_BY_PRINCIPAL: String => IdempotencyUse;

    /// The catalogue, deleted products included.
    PRODUCT_BY_ID: ProductId => Product;
    /// Products by their SKU; a deleted product gives its SKU free.
    PRODUCT_BY_SKU: Sku => ProductId;
    /// Products by each of their barcodes, those of packs included.
    PRODUCT_BY_GTIN: Gtin => ProductId;
    /// The products whose deposit a product is.
    PRODUCT_BY_DEPOSIT: (ProductId, ProductId) => ();
    /// Products by their PLU's number.
    PRODUCT_BY_PLU: u32 => ProductId;
    /// Products by the uids of their RFID tags.
    PRODUCT_BY_UID: Uid => ProductId;
    /// Stock, in pieces or grams.
    STOCK_BY_PRODUCT: ProductId => StockRecord;
    /// The stock ledger.
    MOVEMENT_BY_PRODUCT: (ProductId, MovementId) => StockMovement;
    /// The same for the whole shop, in the order of time.
    MOVEMENT_BY_ID: MovementId => LedgerLine;
    /// Prices that are to come, by the microsecond since 1970 from which they count.
    PRICE_BY_TIME: (i64, ProductId) => ();
    /// How variable-measure barcodes are read, once the owner has said so.
    BARCODE_RULES: () => BarcodeRules;

    /// People with an account.
    USER_BY_ID: UserId => User;
    /// Accounts by username.
    USER_BY_USERNAME: Username => UserId;
    /// Accounts by e-mail address.
    USER_BY_EMAIL: Email => UserId;
    /// Accounts by the mobile number that they have shown to be theirs.
    USER_BY_MOBILE: MobileNumber => UserId;
    /// Accounts into which somebody else wrote this number.
    USER_BY_CLAIMED_MOBILE: (MobileNumber, UserId) => ();
    /// One-time codes and what was done with them.
    OTP_BY_NUMBER: MobileNumber => CodeLedger;
    /// Their numbers by when they count no more, in microseconds since 1970: what pruning follows.
    OTP_BY_TIME: (i64, MobileNumber) => ();
    /// Sessions, signed out ones included until they would have ended by themselves.
    SESSION_BY_ID: SessionId => Session;
    /// Sessions by the hash of what their refresh tokens share.
    SESSION_BY_FAMILY: [u8; 32] => SessionId;
    /// Whose sessions.
    SESSION_BY_USER: (UserId, SessionId) => ();
    /// Sessions by their end, in microseconds since 1970: what pruning follows.
    SESSION_BY_END: (i64, SessionId) => ();

    /// Open carts.
    CART_BY_ID: CartId => Cart;
    /// The one cart of a shopper.
    CART_BY_USER: UserId => CartId;
    /// The anonymous cart of a device.
    CART_BY_DEVICE: DeviceId => CartId;

    /// The shopping list of each shopper who has one.
    CHECKLIST_BY_USER: UserId => Checklist;

    /// Trolley hardware, revoked devices included.
    DEVICE_BY_ID: DeviceId => Device;
    /// Devices by the hash of a key that works.
    DEVICE_BY_KEY: KeyHash => DeviceId;
    /// Devices by the code that a shopper types.
    DEVICE_BY_CODE: String => DeviceId;
    /// The device that a shopper is paired with.
    DEVICE_BY_USER: UserId => DeviceId;
    /// The windows of numbered events.
    BOOT_BY_DEVICE: (DeviceId, BootId) => BootRecord;
    /// A device's boots in the order of their first event: what pruning follows.
    BOOT_BY_ORDER: (DeviceId, u64) => BootId;
    /// Answers to numbered events, by device, boot order and number.
    ANSWER_BY_SEQ: (DeviceId, u64, u32) => AnswerRecord;
    /// Where each trolley was last.
    POSITION_BY_DEVICE: DeviceId => Position;
    /// When each trolley was heard of last, as of now and then: a thousand devices in a row.
    LAST_SEEN_BY_GROUP: u64 => LastSeenGroup;
    /// Recent answers to unnumbered events.
    RECENT_BY_DEVICE: DeviceId => RecentAnswers;

    /// Orders; their ids rise with time.
    ORDER_BY_ID: OrderId => Order;
    /// A shopper's orders.
    ORDER_BY_USER: (UserId, OrderId) => ();
    /// Orders by the code that is shown at the till.
    ORDER_BY_CODE: String => OrderId;

    /// Places in the audit log: `head` is the newest entry, `base` the last that was removed.
    AUDIT_MARK_BY_NAME: String => AuditMark;
    /// Who did what.
    AUDIT_BY_SEQ: u64 => AuditEntry;
    /// Numbers of categories, food types and allergens.
    CLASS_BY_NAME: (ClassKind, String) => u64;
    /// Their names.
    CLASS_BY_ID: (ClassKind, u64) => String;

    /// The store map as JSON, in pieces.
    MAP_PIECE_BY_INDEX: u32 => Blob;
    /// The store map's version.
    MAP_VERSION: () => u64;

    /// Promotions, ended ones included until somebody deletes them.
    PROMOTION_BY_ID: PromotionId => Promotion;
    /// Counts the changes of promotions: what is held in memory is as old as its count.
    PROMOTIONS_VERSION: () => u64;

    /// Imports of products.
    IMPORT_BY_ID: u64 => Import;
    /// What each import did, in the order of its rows: how it is undone.
    IMPORT_JOURNAL: (u64, u64) => JournalEntry;
    /// What undoing an import left as it is.
    IMPORT_KEPT_BY_PRODUCT: (u64, ProductId) => Kept;
    /// Pictures whose files are kept, by the hash of their bytes.
    PICTURE_BY_HASH: PictureHash => Picture;
    /// Which products name a picture, deleted ones included.
    PRODUCT_BY_PICTURE: (PictureHash, ProductId) => ();
    /// Pictures that no product names, by since when, in microseconds since 1970: what pruning
    /// follows.
    PICTURE_BY_UNNAMED: (i64, PictureHash) => ();
    /// Words of one meaning, for the search.
    SYNONYM_BY_ID: SynonymId => SynonymGroup;
    /// The same by each of their words, folded: a word is in one group.
    SYNONYM_BY_WORD: String => SynonymId;
    /// What was searched for and not found, by the folded text.
    SEARCH_MISS_BY_TEXT: String => Misses;
    /// Aisles that are reported as blocked.
    CLOSURE_BY_ID: crate::domain::id::ClosureId => Closure;
    /// What staff should look at, cleared alerts included.
    ALERT_BY_ID: AlertId => Alert;
    /// The open ones: of each kind one about a trolley.
    ALERT_OPEN_BY_DEVICE: (DeviceId, AlertKind) => AlertId;
    /// The cleared ones by their end, in microseconds since 1970: what pruning follows.
    ALERT_BY_CLEARED: (i64, AlertId) => ();
    /// What pieces of products weigh, as scales taught it.
    WEIGHT_BY_PRODUCT: ProductId => crate::domain::weight::learned::LearnedWeight;
    /// What each trolley's scale read when it last agreed with its list.
    SCALE_BY_DEVICE: DeviceId => crate::domain::weight::scale::Scale;
    /// Codes that let boards in, used and expired ones for a while, by their hashes.
    PAIRING_CODE_BY_HASH: KeyHash => PairingCode;
    /// Images of firmware; their files are in `blobs/`.
    FIRMWARE_BY_ID: crate::domain::id::FirmwareId => Firmware;
    /// How far each trolley is with an image.
    INSTALLATION_BY_FIRMWARE: (crate::domain::id::FirmwareId, DeviceId) => Installation;
    /// Images that a trolley has rolled back from, by their bytes: for good.
    ROLLBACK_BY_DEVICE: (DeviceId, ImageHash) => ();
}
