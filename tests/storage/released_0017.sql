-- A database of the released schema 17, with rows in every table. Made with the steps and the rules of then.
CREATE TABLE adjustment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    reason TEXT NOT NULL CHECK (reason <> ''),
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "adjustment" VALUES(1,3,500,'sorry',1,14);
CREATE TABLE announcement (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    kind TEXT NOT NULL CHECK (kind IN ('own', 'restocked', 'stock')),
    language TEXT,
    product_id INTEGER REFERENCES product (id),
    html TEXT NOT NULL DEFAULT '',
    picture_id INTEGER REFERENCES picture (id),
    listing TEXT,
    buttons TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'queued', 'sending', 'paused', 'cancelled', 'done')),
    message_id INTEGER,
    recipients INTEGER NOT NULL DEFAULT 0 CHECK (recipients >= 0),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
    unreachable INTEGER NOT NULL DEFAULT 0 CHECK (unreachable >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    CHECK (language IS NULL OR product_id IS NULL),
    CHECK ((kind = 'own') = (listing IS NULL)),
    CHECK (state = 'draft' OR html <> '' OR listing IS NOT NULL),
    CHECK ((state = 'draft') = (started_at IS NULL)),
    CHECK ((state IN ('cancelled', 'done')) = (ended_at IS NOT NULL)),
    CHECK (sent + unreachable + failed <= recipients)
) STRICT;
INSERT INTO "announcement" VALUES(1,1,'own',NULL,NULL,'Hello',NULL,NULL,'[]','draft',NULL,1,0,0,0,16,NULL,NULL);
CREATE TABLE announcement_recipient (
    announcement_id INTEGER NOT NULL REFERENCES announcement (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'in_hand', 'sent', 'unreachable', 'failed')),
    parts_sent INTEGER NOT NULL DEFAULT 0 CHECK (parts_sent >= 0),
    PRIMARY KEY (announcement_id, customer_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "announcement_recipient" VALUES(1,2,'waiting',0);
CREATE TABLE audit_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "audit_entry" VALUES(1,1,'give_right','1002','{}',10);
CREATE TABLE cart_item (
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (customer_id, product_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "cart_item" VALUES(2,1,1);
CREATE TABLE category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER REFERENCES category (id),
    name TEXT NOT NULL CHECK (name <> '')
, description TEXT NOT NULL DEFAULT '', picture_id INTEGER REFERENCES picture (id), hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)), deleted_at INTEGER CHECK (deleted_at IS NULL OR hidden = 1)) STRICT;
INSERT INTO "category" VALUES(1,NULL,'Games','',NULL,0,NULL);
INSERT INTO "category" VALUES(2,1,'Keys','',1,0,NULL);
CREATE TABLE chain_cursor (
    chain TEXT NOT NULL,
    scope TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (chain, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO "chain_cursor" VALUES('BTC','sweep','800000:');
CREATE TABLE chosen_coupon (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    coupon_id INTEGER NOT NULL REFERENCES coupon (id),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "chosen_coupon" VALUES(3,1,11);
CREATE TABLE conversation (
    bot_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    step TEXT NOT NULL,
    answers TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "conversation" VALUES(1000000001,1001,'type_sum','{}',10);
CREATE TABLE coupon (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 3 AND 32 AND code NOT GLOB '*[^A-Z0-9_-]*'),
    percent INTEGER CHECK (percent BETWEEN 1 AND 100),
    fixed_minor INTEGER CHECK (fixed_minor > 0),
    product_id INTEGER REFERENCES product (id),
    category_id INTEGER REFERENCES category (id),
    least_minor INTEGER NOT NULL DEFAULT 0 CHECK (least_minor >= 0),
    most_uses INTEGER CHECK (most_uses > 0),
    most_uses_each INTEGER CHECK (most_uses_each > 0),
    valid_from INTEGER,
    valid_until INTEGER,
    switched_off INTEGER NOT NULL DEFAULT 0 CHECK (switched_off IN (0, 1)),
    created_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK ((percent IS NULL) <> (fixed_minor IS NULL)),
    CHECK (product_id IS NULL OR category_id IS NULL),
    CHECK (valid_until > valid_from)
) STRICT;
INSERT INTO "coupon" VALUES(1,'TEN',10,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,0,1,10);
CREATE TABLE coupon_draft (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    terms TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "coupon_draft" VALUES(1,'{}',11);
CREATE TABLE coupon_use (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coupon_id INTEGER NOT NULL REFERENCES coupon (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    order_id INTEGER NOT NULL UNIQUE REFERENCES orders (id),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "coupon_use" VALUES(1,1,2,2,12);
CREATE TABLE customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    telegram_id INTEGER NOT NULL UNIQUE,
    bot_id INTEGER NOT NULL,
    username TEXT,
    first_name TEXT NOT NULL,
    language TEXT NOT NULL,
    language_chosen INTEGER NOT NULL DEFAULT 0 CHECK (language_chosen IN (0, 1)),
    balance_minor INTEGER NOT NULL DEFAULT 0 CHECK (balance_minor >= 0),
    banned INTEGER NOT NULL DEFAULT 0 CHECK (banned IN (0, 1)),
    reachable INTEGER NOT NULL DEFAULT 1 CHECK (reachable IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "customer" VALUES(1,1,1000000001,'boss','Olga','en',0,300,0,1,1);
INSERT INTO "customer" VALUES(2,1001,1000000001,NULL,'Ada','en',0,2600,0,1,2);
INSERT INTO "customer" VALUES(3,1002,1000000001,NULL,'Eve','de',0,2500,0,1,3);
CREATE TABLE deposit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    address_id INTEGER NOT NULL REFERENCES deposit_address (id),
    chain TEXT NOT NULL,
    txid TEXT NOT NULL,
    output_index TEXT NOT NULL,
    asset TEXT NOT NULL,
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    state TEXT NOT NULL CHECK (state IN ('seen', 'confirming', 'credited', 'orphaned', 'dust')),
    block_height INTEGER,
    block_hash TEXT,
    confirmations INTEGER NOT NULL DEFAULT 0 CHECK (confirmations >= 0),
    finality TEXT NOT NULL,
    top_up_id INTEGER REFERENCES top_up (id),
    rate TEXT,
    rate_source TEXT,
    rate_at INTEGER,
    credited_minor INTEGER CHECK (credited_minor >= 0),
    message_id INTEGER,
    seen_at INTEGER NOT NULL,
    missing_since INTEGER,
    alarmed_at INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (chain, txid, output_index),
    CHECK (state <> 'credited' OR (credited_minor IS NOT NULL AND rate IS NOT NULL))
) STRICT;
INSERT INTO "deposit" VALUES(1,2,1,'BTC','abababababababababababababababababababababababababababababababab','0','BTC','200000','credited',NULL,NULL,0,'2',1,'50000','first',2,10000,NULL,3,NULL,NULL,3);
INSERT INTO "deposit" VALUES(2,2,1,'BTC','abababababababababababababababababababababababababababababababab','1','BTC','100000','seen',NULL,NULL,0,'2',1,NULL,NULL,NULL,NULL,NULL,4,NULL,NULL,4);
CREATE TABLE deposit_address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    chain TEXT NOT NULL,
    address TEXT NOT NULL,
    path TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    shown_at INTEGER NOT NULL,
    UNIQUE (chain, address),
    UNIQUE (customer_id, chain)
) STRICT;
INSERT INTO "deposit_address" VALUES(1,2,'BTC','bc1qold','m/84h/0h/0h/0/2',2,2);
CREATE TABLE difference (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    customer_id INTEGER,
    expected INTEGER NOT NULL,
    found INTEGER NOT NULL CHECK (found <> expected),
    first_id INTEGER NOT NULL REFERENCES reconciliation (id),
    last_id INTEGER NOT NULL REFERENCES reconciliation (id),
    UNIQUE (kind, subject, expected, found)
) STRICT;
INSERT INTO "difference" VALUES(1,'balance',2,2,1,2,1,1);
CREATE TABLE draft_piece (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES goods_draft (admin_id) ON DELETE CASCADE,
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    file BLOB CHECK (length(file) > 0),
    UNIQUE (admin_id, content_hash)
) STRICT;
INSERT INTO "draft_piece" VALUES(1,1,'KEY-9',X'09',NULL);
CREATE TABLE goods_draft (
    admin_id INTEGER PRIMARY KEY REFERENCES customer (id),
    category_id INTEGER NOT NULL REFERENCES category (id),
    product_id INTEGER REFERENCES product (id),
    name TEXT,
    description TEXT NOT NULL DEFAULT '',
    price_minor INTEGER CHECK (price_minor > 0),
    deliverable TEXT
        CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order')),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "goods_draft" VALUES(1,2,NULL,'New','',NULL,NULL,17);
CREATE TABLE handled_update (
    bot_id INTEGER NOT NULL,
    update_id INTEGER NOT NULL,
    handled_at INTEGER NOT NULL,
    PRIMARY KEY (bot_id, update_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "handled_update" VALUES(1000000001,77,10);
CREATE TABLE invoice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    asset TEXT NOT NULL,
    payment_id INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    address TEXT NOT NULL CHECK (address <> ''),
    fiat_minor INTEGER NOT NULL CHECK (fiat_minor > 0),
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'expired')),
    message_id INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    paid_at INTEGER,
    paid_units TEXT CHECK (paid_units <> '' AND paid_units NOT GLOB '*[^0-9]*'),
    next_check_at INTEGER,
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state <> 'paid' OR next_check_at IS NULL)
) STRICT;
INSERT INTO "invoice" VALUES(1,3,'BTC',7,'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','bc1qprovider',2000,'40000','paid',NULL,3,900,4,NULL,NULL);
INSERT INTO "invoice" VALUES(2,3,'LTC',8,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','ltc1qprovider',700,'900000','open',NULL,19,900,NULL,NULL,29);
CREATE TABLE ledger_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    key TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "ledger_entry" VALUES(1,2,'deposit',10000,10000,'deposit:BTC:abababababababababababababababababababababababababababababababab:0',3);
INSERT INTO "ledger_entry" VALUES(2,2,'referral_bonus',500,10500,'referral:deposit:BTC:abababababababababababababababababababababababababababababababab:0',3);
INSERT INTO "ledger_entry" VALUES(3,1,'referrer_bonus',300,300,'referrer:deposit:BTC:abababababababababababababababababababababababababababababababab:0',3);
INSERT INTO "ledger_entry" VALUES(4,3,'deposit',2000,2000,'kryptoexpress:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',4);
INSERT INTO "ledger_entry" VALUES(5,2,'purchase',-7300,3200,'order:1',5);
INSERT INTO "ledger_entry" VALUES(6,2,'purchase',-900,2300,'order:2',12);
INSERT INTO "ledger_entry" VALUES(7,2,'refund',300,2600,'refund:2',13);
INSERT INTO "ledger_entry" VALUES(8,3,'adjustment',500,2500,'adjustment:1',14);
CREATE TABLE made_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_line_id INTEGER NOT NULL UNIQUE REFERENCES order_line (id),
    content TEXT NOT NULL CHECK (content <> ''),
    file_id INTEGER REFERENCES stored_file (id),
    made_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "made_item" VALUES(1,3,'Your logo',1,1,10);
CREATE TABLE manager_right (
    telegram_id INTEGER NOT NULL,
    right_name TEXT NOT NULL
        CHECK (right_name IN ('catalogue', 'customers', 'money', 'announcements', 'figures', 'backup')),
    given_by INTEGER NOT NULL REFERENCES customer (id),
    given_at INTEGER NOT NULL,
    PRIMARY KEY (telegram_id, right_name)
) STRICT, WITHOUT ROWID;
INSERT INTO "manager_right" VALUES(1002,'money',1,10);
CREATE TABLE menu_picture (
    scene TEXT PRIMARY KEY CHECK (scene IN ('home', 'shop', 'cart', 'top_up', 'history', 'profile', 'help')),
    picture_id INTEGER NOT NULL REFERENCES picture (id)
) STRICT, WITHOUT ROWID;
INSERT INTO "menu_picture" VALUES('home',1);
CREATE TABLE notice_off (
    telegram_id INTEGER NOT NULL,
    notice TEXT NOT NULL CHECK (notice IN (
        'new_customer', 'deposit_seen', 'deposit', 'purchase', 'review', 'ticket', 'low_stock', 'trouble', 'error'
    )),
    PRIMARY KEY (telegram_id, notice)
) STRICT, WITHOUT ROWID;
INSERT INTO "notice_off" VALUES(1,'purchase');
CREATE TABLE offer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    lines TEXT NOT NULL,
    total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    from_cart INTEGER NOT NULL CHECK (from_cart IN (0, 1)),
    created_at INTEGER NOT NULL
, discount_minor INTEGER NOT NULL DEFAULT 0 CHECK (discount_minor >= 0), coupon_id INTEGER REFERENCES coupon (id) CHECK ((coupon_id IS NULL) = (discount_minor = 0))) STRICT;
INSERT INTO "offer" VALUES(1,2,'[[1, 2, 1000], [3, 1, 300], [4, 1, 5000]]',7300,1,1790000000,0,NULL);
INSERT INTO "offer" VALUES(2,2,'[[1, 1, 1000]]',1000,0,1790000000,0,NULL);
INSERT INTO "offer" VALUES(3,3,'[[1, 1, 1000], [4, 1, 5000]]',6000,0,1790000000,0,NULL);
CREATE TABLE order_line (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    product_name TEXT NOT NULL,
    unit_price_minor INTEGER NOT NULL CHECK (unit_price_minor > 0),
    quantity INTEGER NOT NULL CHECK (quantity > 0), deliverable TEXT NOT NULL DEFAULT 'unique_text'
    CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order')), shared_item_id INTEGER REFERENCES shared_item (id), discount_minor INTEGER NOT NULL DEFAULT 0
    CHECK (discount_minor BETWEEN 0 AND quantity * unit_price_minor),
    UNIQUE (order_id, product_id)
) STRICT;
INSERT INTO "order_line" VALUES(1,1,1,'Key',1000,2,'unique_text',NULL,0);
INSERT INTO "order_line" VALUES(2,1,3,'Guide',300,1,'shared_text',1,0);
INSERT INTO "order_line" VALUES(3,1,4,'Logo',5000,1,'made_to_order',NULL,0);
INSERT INTO "order_line" VALUES(4,2,1,'Key',1000,1,'unique_text',NULL,100);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    key TEXT NOT NULL UNIQUE,
    total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    created_at INTEGER NOT NULL
, discount_minor INTEGER NOT NULL DEFAULT 0 CHECK (discount_minor >= 0)) STRICT;
INSERT INTO "orders" VALUES(1,2,'offer:1',7300,5,0);
INSERT INTO "orders" VALUES(2,2,'offer:2',900,12,100);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    telegram_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    progress INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    sent_at INTEGER,
    given_up_at INTEGER,
    created_at INTEGER NOT NULL
, parts_sent INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "outbox" VALUES(1,'goods:1',1001,1000000001,'goods','{"order_id": 1}',0,0,5,NULL,NULL,5,0);
CREATE TABLE own_text (
    text_key TEXT NOT NULL CHECK (text_key IN ('welcome', 'help', 'faq', 'rules')),
    language TEXT NOT NULL,
    html TEXT CHECK (html <> ''),
    draft TEXT CHECK (draft <> ''),
    PRIMARY KEY (text_key, language)
) STRICT, WITHOUT ROWID;
INSERT INTO "own_text" VALUES('welcome','en','Welcome!',NULL);
CREATE TABLE pending_import (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL UNIQUE REFERENCES customer (id),
    file_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760)
) STRICT;
INSERT INTO "pending_import" VALUES(1,1,'goods.json',17,X'7B7D');
CREATE TABLE picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    media_type TEXT NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 5242880)
) STRICT;
INSERT INTO "picture" VALUES(1,'image/png',X'01',1,X'02');
CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id),
    name TEXT NOT NULL CHECK (name <> ''),
    import_key TEXT NOT NULL,
    price_minor INTEGER NOT NULL CHECK (price_minor > 0),
    stock_count INTEGER NOT NULL DEFAULT 0 CHECK (stock_count >= 0),
    created_at INTEGER NOT NULL, description TEXT NOT NULL DEFAULT '', picture_id INTEGER REFERENCES picture (id), hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)), deliverable TEXT NOT NULL DEFAULT 'unique_text'
    CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order')), sold_count INTEGER NOT NULL DEFAULT 0 CHECK (sold_count >= 0), search_text TEXT NOT NULL DEFAULT '', shared_item_id INTEGER REFERENCES shared_item (id), reserved_count INTEGER NOT NULL DEFAULT 0 CHECK (reserved_count >= 0), deleted_at INTEGER CHECK (deleted_at IS NULL OR hidden = 1), list_key TEXT, low_stock_threshold INTEGER CHECK (low_stock_threshold BETWEEN 0 AND 1000000), low_stock_told INTEGER NOT NULL DEFAULT 0 CHECK (low_stock_told IN (0, 1)),
    UNIQUE (category_id, import_key, price_minor)
) STRICT;
INSERT INTO "product" VALUES(1,2,'Key','Key',1000,1,1,'Key',NULL,0,'unique_text',3,'key
key',NULL,1,NULL,'GamesKeys1000Key',NULL,0);
INSERT INTO "product" VALUES(2,2,'Key','Key',1200,0,1,'Key',NULL,0,'unique_text',0,'key
key',NULL,0,NULL,'GamesKeys1200Key',NULL,0);
INSERT INTO "product" VALUES(3,2,'Guide','Guide',300,0,1,'',NULL,0,'shared_text',1,'guide
',1,0,NULL,NULL,NULL,0);
INSERT INTO "product" VALUES(4,2,'Logo','Logo',5000,0,1,'',NULL,0,'made_to_order',1,'logo
',NULL,0,NULL,NULL,NULL,0);
CREATE TABLE quantity_price (
    product_id INTEGER NOT NULL REFERENCES product (id),
    from_quantity INTEGER NOT NULL CHECK (from_quantity > 1),
    unit_price_minor INTEGER NOT NULL CHECK (unit_price_minor > 0),
    PRIMARY KEY (product_id, from_quantity)
) STRICT, WITHOUT ROWID;
INSERT INTO "quantity_price" VALUES(1,10,900);
CREATE TABLE reconciliation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_by INTEGER REFERENCES customer (id),
    checked INTEGER NOT NULL CHECK (checked >= 0),
    differing INTEGER NOT NULL CHECK (differing >= 0),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "reconciliation" VALUES(1,NULL,20,1,18);
CREATE TABLE referral (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    referrer_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK (referrer_id < customer_id)
) STRICT;
INSERT INTO "referral" VALUES(2,1,2);
CREATE TABLE referral_bonus (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    deposit_key TEXT NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    referrer_id INTEGER NOT NULL REFERENCES customer (id),
    referral_minor INTEGER NOT NULL CHECK (referral_minor >= 0),
    referrer_minor INTEGER NOT NULL CHECK (referrer_minor >= 0),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "referral_bonus" VALUES(1,'deposit:BTC:abababababababababababababababababababababababababababababababab:0',2,1,500,300,3);
CREATE TABLE referral_code (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 8 AND 32),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "referral_code" VALUES(1,'abcdefghij',10);
CREATE TABLE refund (
    order_line_id INTEGER PRIMARY KEY REFERENCES order_line (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    refunded_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "refund" VALUES(2,300,1,13);
CREATE TABLE released_stock (
    product_id INTEGER PRIMARY KEY REFERENCES product (id),
    units INTEGER NOT NULL CHECK (units > 0)
) STRICT;
INSERT INTO "released_stock" VALUES(2,1);
CREATE TABLE replacement (
    faulty_item_id INTEGER PRIMARY KEY REFERENCES stock_item (id),
    new_item_id INTEGER NOT NULL UNIQUE REFERENCES stock_item (id),
    replaced_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK (faulty_item_id <> new_item_id)
) STRICT;
INSERT INTO "replacement" VALUES(1,4,1,15);
CREATE TABLE reservation (
    customer_id INTEGER PRIMARY KEY REFERENCES waiting_offer (customer_id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK (expires_at > created_at)
) STRICT;
INSERT INTO "reservation" VALUES(3,1790000000,1790001800);
CREATE TABLE reservation_turn (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    ends_at INTEGER NOT NULL
) STRICT;
INSERT INTO "reservation_turn" VALUES(3,1790001800);
CREATE TABLE reserved_stock (
    customer_id INTEGER NOT NULL REFERENCES reservation (customer_id) ON DELETE CASCADE,
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (customer_id, product_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "reserved_stock" VALUES(3,1,1);
CREATE TABLE restock_wish (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    served_at INTEGER
) STRICT;
INSERT INTO "restock_wish" VALUES(1,2,3,6,NULL);
CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_line_id INTEGER NOT NULL UNIQUE REFERENCES order_line (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    text TEXT NOT NULL DEFAULT '',
    hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
INSERT INTO "review" VALUES(1,1,1,2,5,'good',0,6,6);
CREATE TABLE sealed_wallet (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "sealed_wallet" VALUES(3,X'0102',10);
CREATE TABLE search (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    words TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "search" VALUES(1,2,'key',10);
CREATE TABLE second_factor (
    telegram_id INTEGER PRIMARY KEY,
    secret TEXT NOT NULL CHECK (length(secret) >= 16),
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until INTEGER NOT NULL DEFAULT 0,
    open_until INTEGER NOT NULL DEFAULT 0,
    CHECK (confirmed_at IS NOT NULL OR open_until = 0)
) STRICT;
INSERT INTO "second_factor" VALUES(1,'JBSWY3DPEHPK3PXP',10,NULL,0,0,0,0);
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "secret" VALUES('currency','USD');
CREATE TABLE shared_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    file_id INTEGER REFERENCES stored_file (id),
    created_at INTEGER NOT NULL,
    UNIQUE (product_id, content_hash)
) STRICT;
INSERT INTO "shared_item" VALUES(1,3,'Read this',X'06',NULL,1);
CREATE TABLE stock_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    order_line_id INTEGER REFERENCES order_line (id),
    created_at INTEGER NOT NULL, file_id INTEGER REFERENCES stored_file (id),
    UNIQUE (product_id, content_hash)
) STRICT;
INSERT INTO "stock_item" VALUES(1,1,'KEY-1',X'320295BE0A7B68B8DF2EBFA37064876C',1,1,NULL);
INSERT INTO "stock_item" VALUES(2,1,'KEY-2',X'21D0361D0E7E9169663DF72EABDF07B4',1,1,NULL);
INSERT INTO "stock_item" VALUES(3,1,'KEY-3',X'A9994F089CD70A8BC09ADD7842F425B9',4,1,NULL);
INSERT INTO "stock_item" VALUES(4,1,'KEY-4',X'125BF4B59FF9829927244F352E5E243A',1,1,NULL);
INSERT INTO "stock_item" VALUES(5,1,'KEY-5',X'8B1084344D6F91F8ACC4D2969F73E8F2',NULL,1,NULL);
CREATE TABLE stored_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (name <> ''),
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) > 0)
) STRICT;
INSERT INTO "stored_file" VALUES(1,'logo.png',10,X'03');
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    order_line_id INTEGER REFERENCES order_line (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "ticket" VALUES(1,2,1,'open',6,6);
CREATE TABLE ticket_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL REFERENCES ticket (id),
    author_id INTEGER NOT NULL REFERENCES customer (id),
    from_shop INTEGER NOT NULL CHECK (from_shop IN (0, 1)),
    text TEXT NOT NULL CHECK (text <> ''),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "ticket_message" VALUES(1,1,2,0,'hello',6);
CREATE TABLE top_up (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    asset TEXT NOT NULL,
    asked_minor INTEGER CHECK (asked_minor > 0),
    asked_units TEXT,
    rate TEXT NOT NULL,
    rate_source TEXT NOT NULL,
    rate_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO "top_up" VALUES(1,2,'BTC',NULL,NULL,'50000','first',2,2,900);
CREATE TABLE waiting_offer (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    offer_id INTEGER NOT NULL UNIQUE REFERENCES offer (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO "waiting_offer" VALUES(3,3,1790000000,1790086400);
CREATE UNIQUE INDEX category_by_name ON category (coalesce(parent_id, 0), name);
CREATE INDEX orders_of_customer ON orders (customer_id, id);
CREATE INDEX stock_item_for_sale ON stock_item (product_id, id) WHERE order_line_id IS NULL;
CREATE INDEX stock_item_of_line ON stock_item (order_line_id) WHERE order_line_id IS NOT NULL;
CREATE TRIGGER stock_item_is_sold_once BEFORE UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a stock item is sold once'); END;
CREATE TRIGGER stock_item_sold_is_kept BEFORE DELETE ON stock_item WHEN OLD.order_line_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'what was sold is kept'); END;
CREATE TRIGGER stock_count_goes_up AFTER INSERT ON stock_item WHEN NEW.order_line_id IS NULL
BEGIN UPDATE product SET stock_count = stock_count + 1 WHERE id = NEW.product_id; END;
CREATE TRIGGER stock_count_goes_down AFTER UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NULL AND NEW.order_line_id IS NOT NULL
BEGIN UPDATE product SET stock_count = stock_count - 1 WHERE id = NEW.product_id; END;
CREATE TRIGGER stock_count_forgets AFTER DELETE ON stock_item WHEN OLD.order_line_id IS NULL
BEGIN UPDATE product SET stock_count = stock_count - 1 WHERE id = OLD.product_id; END;
CREATE INDEX deposit_address_by_age ON deposit_address (chain, shown_at);
CREATE INDEX top_up_of_customer ON top_up (customer_id, asset, id);
CREATE INDEX deposit_open ON deposit (chain, state) WHERE state IN ('seen', 'confirming');
CREATE INDEX deposit_of_customer ON deposit (customer_id, id);
CREATE INDEX ledger_of_customer ON ledger_entry (customer_id, id);
CREATE TRIGGER ledger_entry_is_never_changed BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_entry_is_never_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_entry_adds_up BEFORE INSERT ON ledger_entry
WHEN NEW.balance_minor <> NEW.amount_minor + (SELECT balance_minor FROM customer WHERE id = NEW.customer_id)
BEGIN SELECT RAISE(ABORT, 'the entry does not add up with the balance'); END;
CREATE TRIGGER ledger_entry_moves_balance AFTER INSERT ON ledger_entry
BEGIN UPDATE customer SET balance_minor = NEW.balance_minor WHERE id = NEW.customer_id; END;
CREATE TRIGGER balance_moves_by_ledger_alone BEFORE UPDATE OF balance_minor ON customer
WHEN NEW.balance_minor <> coalesce(
    (SELECT e.balance_minor FROM ledger_entry e WHERE e.customer_id = NEW.id ORDER BY e.id DESC LIMIT 1), 0
)
BEGIN SELECT RAISE(ABORT, 'a balance moves by the ledger alone'); END;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX invoice_due ON invoice (next_check_at, id) WHERE next_check_at IS NOT NULL;
CREATE INDEX invoice_of_customer ON invoice (customer_id, state, id);
CREATE TRIGGER invoice_paid_stays_paid BEFORE UPDATE OF state ON invoice
WHEN OLD.state = 'paid' AND NEW.state <> 'paid'
BEGIN SELECT RAISE(ABORT, 'what was paid stays paid'); END;
CREATE TRIGGER sealed_wallet_is_kept BEFORE DELETE ON sealed_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;
CREATE TRIGGER sealed_wallet_is_never_changed BEFORE UPDATE ON sealed_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;
CREATE TRIGGER stored_file_is_kept BEFORE UPDATE ON stored_file
BEGIN SELECT RAISE(ABORT, 'a stored file is never changed'); END;
CREATE INDEX category_below ON category (parent_id);
CREATE INDEX category_hidden ON category (id) WHERE hidden = 1;
CREATE INDEX product_by_name ON product (category_id, search_text);
CREATE TRIGGER product_is_searched AFTER INSERT ON product
BEGIN UPDATE product SET search_text = casefold(NEW.name || char(10) || NEW.description) WHERE id = NEW.id; END;
CREATE TRIGGER product_is_searched_anew AFTER UPDATE OF name, description ON product
BEGIN UPDATE product SET search_text = casefold(NEW.name || char(10) || NEW.description) WHERE id = NEW.id; END;
CREATE TRIGGER product_keeps_its_kind BEFORE UPDATE OF deliverable ON product
WHEN NEW.deliverable <> OLD.deliverable
BEGIN SELECT RAISE(ABORT, 'a product keeps its kind of deliverable'); END;
CREATE TRIGGER shared_item_is_kept BEFORE UPDATE ON shared_item
BEGIN SELECT RAISE(ABORT, 'what was shared is never changed'); END;
CREATE TRIGGER shared_item_fits_its_product BEFORE INSERT ON shared_item
WHEN NOT EXISTS (
    SELECT 1 FROM product p WHERE p.id = NEW.product_id
    AND p.deliverable = CASE WHEN NEW.file_id IS NULL THEN 'shared_text' ELSE 'shared_file' END
)
BEGIN SELECT RAISE(ABORT, 'a product has goods of its own kind'); END;
CREATE TRIGGER product_shares_its_own BEFORE UPDATE OF shared_item_id ON product
WHEN NEW.shared_item_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM shared_item s WHERE s.id = NEW.shared_item_id AND s.product_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a product shares its own'); END;
CREATE TRIGGER stock_item_fits_its_product BEFORE INSERT ON stock_item
WHEN NOT EXISTS (
    SELECT 1 FROM product p WHERE p.id = NEW.product_id
    AND p.deliverable = CASE WHEN NEW.file_id IS NULL THEN 'unique_text' ELSE 'unique_file' END
)
BEGIN SELECT RAISE(ABORT, 'a product has goods of its own kind'); END;
CREATE TRIGGER order_line_is_counted AFTER INSERT ON order_line
BEGIN UPDATE product SET sold_count = sold_count + NEW.quantity WHERE id = NEW.product_id; END;
CREATE TRIGGER order_line_is_of_its_kind BEFORE INSERT ON order_line
WHEN NOT EXISTS (SELECT 1 FROM product p WHERE p.id = NEW.product_id AND p.deliverable = NEW.deliverable)
OR NEW.shared_item_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an order line is of the kind of its product'); END;
CREATE TRIGGER order_line_shares_its_own BEFORE UPDATE OF shared_item_id ON order_line
WHEN OLD.shared_item_id IS NOT NULL
OR NOT EXISTS (SELECT 1 FROM shared_item s WHERE s.id = NEW.shared_item_id AND s.product_id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'an order line gets its own product, once'); END;
CREATE TRIGGER made_item_is_kept BEFORE UPDATE ON made_item
BEGIN SELECT RAISE(ABORT, 'what was delivered is kept'); END;
CREATE TRIGGER made_item_is_kept_for_ever BEFORE DELETE ON made_item
BEGIN SELECT RAISE(ABORT, 'what was delivered is kept'); END;
CREATE TRIGGER made_item_fits_its_line BEFORE INSERT ON made_item
WHEN NOT EXISTS (SELECT 1 FROM order_line l WHERE l.id = NEW.order_line_id AND l.deliverable = 'made_to_order')
BEGIN SELECT RAISE(ABORT, 'only what is made to order is delivered by hand'); END;
CREATE INDEX review_of_product ON review (product_id, id) WHERE hidden = 0;
CREATE TRIGGER review_is_by_the_buyer BEFORE INSERT ON review
WHEN NOT EXISTS (
    SELECT 1 FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE l.id = NEW.order_line_id AND l.product_id = NEW.product_id AND o.customer_id = NEW.customer_id
)
BEGIN SELECT RAISE(ABORT, 'a product is reviewed by who bought it'); END;
CREATE INDEX ticket_of_customer ON ticket (customer_id, id);
CREATE INDEX ticket_open ON ticket (updated_at, id) WHERE state = 'open';
CREATE UNIQUE INDEX ticket_open_of_line ON ticket (order_line_id) WHERE state = 'open' AND order_line_id IS NOT NULL;
CREATE INDEX ticket_message_of_ticket ON ticket_message (ticket_id, id);
CREATE TRIGGER ticket_message_is_kept BEFORE UPDATE ON ticket_message
BEGIN SELECT RAISE(ABORT, 'what was written is kept'); END;
CREATE UNIQUE INDEX restock_wish_waiting ON restock_wish (product_id, customer_id) WHERE served_at IS NULL;
CREATE INDEX restock_wish_in_order ON restock_wish (product_id, id) WHERE served_at IS NULL;
CREATE INDEX referral_by_referrer ON referral (referrer_id);
CREATE TRIGGER referral_is_never_changed BEFORE UPDATE ON referral
BEGIN SELECT RAISE(ABORT, 'who brought whom is kept'); END;
CREATE TRIGGER referral_is_never_deleted BEFORE DELETE ON referral
BEGIN SELECT RAISE(ABORT, 'who brought whom is kept'); END;
CREATE INDEX referral_bonus_of_customer ON referral_bonus (customer_id);
CREATE INDEX referral_bonus_of_referrer ON referral_bonus (referrer_id);
CREATE INDEX waiting_offer_by_end ON waiting_offer (expires_at);
CREATE TRIGGER waiting_offer_is_of_its_customer BEFORE INSERT ON waiting_offer
WHEN NOT EXISTS (SELECT 1 FROM offer WHERE id = NEW.offer_id AND customer_id = NEW.customer_id)
BEGIN SELECT RAISE(ABORT, 'an offer waits for its own customer'); END;
CREATE INDEX audit_entry_by_admin ON audit_entry (admin_id, id);
CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_entry_is_never_deleted BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER second_factor_takes_a_code_once BEFORE UPDATE OF last_step ON second_factor
WHEN NEW.last_step < OLD.last_step
BEGIN SELECT RAISE(ABORT, 'a code that was used, or an older one, is used again'); END;
CREATE TRIGGER second_factor_keeps_its_secret BEFORE UPDATE OF secret, confirmed_at ON second_factor
WHEN OLD.confirmed_at IS NOT NULL AND (NEW.secret <> OLD.secret OR NEW.confirmed_at IS NOT OLD.confirmed_at)
BEGIN SELECT RAISE(ABORT, 'a confirmed second factor is never changed, only reset'); END;
CREATE TRIGGER coupon_keeps_its_terms BEFORE UPDATE OF code, percent, fixed_minor, product_id, category_id,
    least_minor, most_uses, most_uses_each, valid_from, valid_until ON coupon
BEGIN SELECT RAISE(ABORT, 'a coupon keeps its terms'); END;
CREATE INDEX coupon_use_of_customer ON coupon_use (coupon_id, customer_id);
CREATE TRIGGER coupon_use_within_the_limit BEFORE INSERT ON coupon_use
WHEN (SELECT count(*) FROM coupon_use u WHERE u.coupon_id = NEW.coupon_id)
    >= (SELECT c.most_uses FROM coupon c WHERE c.id = NEW.coupon_id)
BEGIN SELECT RAISE(ABORT, 'the coupon is used up'); END;
CREATE TRIGGER coupon_use_within_the_limit_of_a_customer BEFORE INSERT ON coupon_use
WHEN (SELECT count(*) FROM coupon_use u WHERE u.coupon_id = NEW.coupon_id AND u.customer_id = NEW.customer_id)
    >= (SELECT c.most_uses_each FROM coupon c WHERE c.id = NEW.coupon_id)
BEGIN SELECT RAISE(ABORT, 'the customer has used the coupon up'); END;
CREATE TRIGGER coupon_use_while_it_holds BEFORE INSERT ON coupon_use
WHEN EXISTS (
    SELECT 1 FROM coupon c WHERE c.id = NEW.coupon_id
    AND (c.switched_off = 1 OR c.valid_from > NEW.created_at OR c.valid_until <= NEW.created_at)
)
BEGIN SELECT RAISE(ABORT, 'the coupon does not hold now'); END;
CREATE TRIGGER coupon_use_is_of_its_customer BEFORE INSERT ON coupon_use
WHEN NOT EXISTS (
    SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.customer_id = NEW.customer_id AND o.discount_minor > 0
)
BEGIN SELECT RAISE(ABORT, 'a coupon is used by the buyer, for a discount'); END;
CREATE TRIGGER coupon_use_is_never_changed BEFORE UPDATE ON coupon_use
BEGIN SELECT RAISE(ABORT, 'a use of a coupon is kept'); END;
CREATE TRIGGER coupon_use_is_never_deleted BEFORE DELETE ON coupon_use
BEGIN SELECT RAISE(ABORT, 'a use of a coupon is kept'); END;
CREATE TRIGGER purchase_pays_what_the_lines_say BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM orders o
    WHERE NEW.key = 'order:' || o.id AND o.id = CAST(substr(NEW.key, 7) AS INTEGER)
    AND o.customer_id = NEW.customer_id AND NEW.amount_minor = -o.total_minor
    AND o.total_minor = (SELECT sum(l.quantity * l.unit_price_minor) FROM order_line l WHERE l.order_id = o.id)
        - o.discount_minor
    AND o.discount_minor = (SELECT sum(l.discount_minor) FROM order_line l WHERE l.order_id = o.id)
    AND (o.discount_minor > 0) = EXISTS (SELECT 1 FROM coupon_use u WHERE u.order_id = o.id)
)
BEGIN SELECT RAISE(ABORT, 'a purchase pays what the lines of its order say'); END;
CREATE TRIGGER order_keeps_its_sum BEFORE UPDATE OF customer_id, total_minor, discount_minor ON orders
BEGIN SELECT RAISE(ABORT, 'an order keeps its sum'); END;
CREATE TRIGGER order_line_keeps_its_sum
BEFORE UPDATE OF order_id, product_id, unit_price_minor, quantity, discount_minor ON order_line
BEGIN SELECT RAISE(ABORT, 'an order line keeps its sum'); END;
CREATE TRIGGER order_that_is_paid_gets_no_line AFTER INSERT ON order_line
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || NEW.order_id)
BEGIN SELECT RAISE(ABORT, 'an order that is paid keeps its lines'); END;
CREATE TRIGGER order_that_is_paid_loses_no_line BEFORE DELETE ON order_line
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || OLD.order_id)
BEGIN SELECT RAISE(ABORT, 'an order that is paid keeps its lines'); END;
CREATE INDEX reservation_by_end ON reservation (expires_at);
CREATE INDEX reserved_stock_of_product ON reserved_stock (product_id);
CREATE TRIGGER reserved_stock_is_there BEFORE INSERT ON reserved_stock
WHEN NEW.quantity > (SELECT stock_count - reserved_count FROM product WHERE id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'only what is free can be kept'); END;
CREATE TRIGGER reserved_stock_stays_as_it_is BEFORE UPDATE ON reserved_stock
BEGIN SELECT RAISE(ABORT, 'what is kept is let go, not changed'); END;
CREATE TRIGGER reserved_count_goes_up AFTER INSERT ON reserved_stock
BEGIN UPDATE product SET reserved_count = reserved_count + NEW.quantity WHERE id = NEW.product_id; END;
CREATE TRIGGER reserved_count_goes_down AFTER DELETE ON reserved_stock
BEGIN
    UPDATE product SET reserved_count = reserved_count - OLD.quantity WHERE id = OLD.product_id;
    INSERT INTO released_stock (product_id, units) VALUES (OLD.product_id, OLD.quantity)
    ON CONFLICT (product_id) DO UPDATE SET units = units + excluded.units;
END;
CREATE TRIGGER stock_item_is_kept_for_another BEFORE UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NULL AND NEW.order_line_id IS NOT NULL
AND (SELECT stock_count <= reserved_count FROM product WHERE id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'what is left is kept for somebody else'); END;
CREATE TRIGGER stock_that_shrinks_is_kept_no_more AFTER UPDATE OF stock_count ON product
WHEN NEW.stock_count < NEW.reserved_count
BEGIN
    DELETE FROM reservation WHERE customer_id = (
        SELECT r.customer_id FROM reserved_stock s JOIN reservation r ON r.customer_id = s.customer_id
        WHERE s.product_id = NEW.id ORDER BY r.created_at DESC, r.customer_id DESC LIMIT 1
    );
END;
CREATE UNIQUE INDEX customer_by_username ON customer (lower(username)) WHERE username IS NOT NULL;
CREATE TRIGGER refund_pays_back_what_was_paid BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'refund' AND NOT EXISTS (
    SELECT 1 FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE NEW.key = 'refund:' || l.id AND l.id = CAST(substr(NEW.key, 8) AS INTEGER)
    AND o.customer_id = NEW.customer_id
    AND NEW.amount_minor = l.quantity * l.unit_price_minor - l.discount_minor
    AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || o.id AND e.kind = 'purchase')
)
BEGIN SELECT RAISE(ABORT, 'a refund pays back what its line cost, to who paid it'); END;
CREATE TRIGGER refund_is_in_the_ledger BEFORE INSERT ON refund
WHEN NOT EXISTS (
    SELECT 1 FROM ledger_entry e
    WHERE e.key = 'refund:' || NEW.order_line_id AND e.kind = 'refund' AND e.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'a refund is in the ledger'); END;
CREATE TRIGGER refund_is_never_changed BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;
CREATE TRIGGER refund_is_never_deleted BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;
CREATE TRIGGER adjustment_is_never_changed BEFORE UPDATE ON adjustment
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;
CREATE TRIGGER adjustment_is_what_was_shown BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'adjustment' AND NOT EXISTS (
    SELECT 1 FROM adjustment a
    WHERE NEW.key = 'adjustment:' || a.id AND a.id = CAST(substr(NEW.key, 12) AS INTEGER)
    AND a.customer_id = NEW.customer_id AND a.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;
CREATE TRIGGER adjustment_made_is_kept BEFORE DELETE ON adjustment
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'adjustment:' || OLD.id)
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;
CREATE TRIGGER replacement_is_from_stock BEFORE INSERT ON replacement
WHEN NOT EXISTS (
    SELECT 1 FROM stock_item f JOIN stock_item n ON n.product_id = f.product_id
    WHERE f.id = NEW.faulty_item_id AND f.order_line_id IS NOT NULL
    AND n.id = NEW.new_item_id AND n.order_line_id IS NULL
)
BEGIN SELECT RAISE(ABORT, 'a sold unit is replaced by one of its product from stock'); END;
CREATE TRIGGER stock_item_fits_its_line BEFORE UPDATE OF order_line_id ON stock_item
WHEN NEW.order_line_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM order_line l WHERE l.id = NEW.order_line_id AND l.product_id = NEW.product_id
    AND l.quantity > (
        SELECT count(*) FROM stock_item s WHERE s.order_line_id = l.id
        AND NOT EXISTS (SELECT 1 FROM replacement r WHERE r.faulty_item_id = s.id)
    )
)
BEGIN SELECT RAISE(ABORT, 'an order line gets its own product and no more than was paid'); END;
CREATE TRIGGER replacement_is_delivered AFTER INSERT ON replacement
BEGIN
    UPDATE stock_item
    SET order_line_id = (SELECT f.order_line_id FROM stock_item f WHERE f.id = NEW.faulty_item_id)
    WHERE id = NEW.new_item_id;
END;
CREATE TRIGGER replacement_is_never_changed BEFORE UPDATE ON replacement
BEGIN SELECT RAISE(ABORT, 'a replacement is kept'); END;
CREATE TRIGGER replacement_is_never_deleted BEFORE DELETE ON replacement
BEGIN SELECT RAISE(ABORT, 'a replacement is kept'); END;
CREATE UNIQUE INDEX announcement_one_at_a_time ON announcement (state) WHERE state = 'sending';
CREATE INDEX announcement_queued ON announcement (id) WHERE state = 'queued';
CREATE TRIGGER announcement_keeps_what_it_says
BEFORE UPDATE OF admin_id, kind, language, product_id, html, picture_id, listing, buttons ON announcement
WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an announcement that was started is never changed'); END;
CREATE TRIGGER announcement_starts_and_ends_once BEFORE UPDATE OF state ON announcement
WHEN OLD.state IN ('cancelled', 'done') OR (NEW.state = 'draft' AND OLD.state <> 'draft')
BEGIN SELECT RAISE(ABORT, 'an announcement starts once and ends once'); END;
CREATE TRIGGER announcement_is_kept BEFORE DELETE ON announcement WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an announcement that was started is kept'); END;
CREATE INDEX announcement_recipient_waiting ON announcement_recipient (announcement_id, customer_id)
WHERE state = 'waiting';
CREATE TRIGGER recipients_are_frozen_at_the_start BEFORE INSERT ON announcement_recipient
WHEN NEW.state <> 'waiting'
OR NOT EXISTS (SELECT 1 FROM announcement a WHERE a.id = NEW.announcement_id AND a.state = 'draft')
BEGIN SELECT RAISE(ABORT, 'recipients are frozen when an announcement starts'); END;
CREATE TRIGGER recipient_is_counted AFTER INSERT ON announcement_recipient
BEGIN UPDATE announcement SET recipients = recipients + 1 WHERE id = NEW.announcement_id; END;
CREATE TRIGGER recipient_gets_it_once BEFORE UPDATE OF state ON announcement_recipient
WHEN OLD.state NOT IN ('waiting', 'in_hand')
OR (OLD.state = 'waiting' AND NEW.state NOT IN ('in_hand', 'unreachable'))
BEGIN SELECT RAISE(ABORT, 'a recipient is in hand before the call, and settled once'); END;
CREATE TRIGGER recipient_is_in_hand_while_it_is_sent BEFORE UPDATE OF state ON announcement_recipient
WHEN NEW.state = 'in_hand'
AND NOT EXISTS (SELECT 1 FROM announcement a WHERE a.id = NEW.announcement_id AND a.state = 'sending')
BEGIN SELECT RAISE(ABORT, 'only an announcement that is being sent has somebody in hand'); END;
CREATE TRIGGER recipient_is_counted_by_outcome AFTER UPDATE OF state ON announcement_recipient
WHEN NEW.state IN ('sent', 'unreachable', 'failed')
BEGIN
    UPDATE announcement SET
        sent = sent + (NEW.state = 'sent'),
        unreachable = unreachable + (NEW.state = 'unreachable'),
        failed = failed + (NEW.state = 'failed')
    WHERE id = NEW.announcement_id;
END;
CREATE TRIGGER recipient_is_kept_until_the_end BEFORE DELETE ON announcement_recipient
WHEN EXISTS (SELECT 1 FROM announcement a WHERE a.id = OLD.announcement_id AND a.ended_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'recipients are kept until the announcement has ended'); END;
CREATE INDEX outbox_by_reader ON outbox (telegram_id, kind);
CREATE UNIQUE INDEX product_by_list_key ON product (list_key) WHERE list_key IS NOT NULL;
CREATE TRIGGER product_that_is_deleted_has_no_stock BEFORE UPDATE OF deleted_at ON product
WHEN NEW.deleted_at IS NOT NULL AND (NEW.stock_count > 0 OR NEW.shared_item_id IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a product is deleted without stock'); END;
CREATE TRIGGER stock_item_of_a_deleted_product BEFORE INSERT ON stock_item
WHEN EXISTS (SELECT 1 FROM product p WHERE p.id = NEW.product_id AND p.deleted_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a deleted product gets no stock'); END;
CREATE TRIGGER category_that_is_deleted_is_empty BEFORE UPDATE OF deleted_at ON category
WHEN NEW.deleted_at IS NOT NULL AND (
    EXISTS (SELECT 1 FROM product p WHERE p.category_id = NEW.id AND p.deleted_at IS NULL)
    OR EXISTS (SELECT 1 FROM category c WHERE c.parent_id = NEW.id AND c.deleted_at IS NULL)
)
BEGIN SELECT RAISE(ABORT, 'a category is deleted when it is empty'); END;
CREATE TRIGGER category_is_not_below_itself BEFORE UPDATE OF parent_id ON category
WHEN NEW.parent_id IS NOT NULL AND NEW.parent_id IN (
    WITH RECURSIVE below (id) AS (
        SELECT NEW.id UNION SELECT c.id FROM category c JOIN below ON c.parent_id = below.id
    ) SELECT id FROM below
)
BEGIN SELECT RAISE(ABORT, 'a category is not below itself'); END;
CREATE INDEX ledger_by_kind ON ledger_entry (kind, created_at, amount_minor, customer_id);
CREATE INDEX orders_by_time ON orders (created_at, discount_minor);
CREATE INDEX customer_by_time ON customer (created_at);
CREATE UNIQUE INDEX deposit_by_key ON deposit ('deposit:' || chain || ':' || txid || ':' || output_index);
CREATE INDEX deposit_of_address ON deposit (address_id, asset);
CREATE TRIGGER reconciliation_is_never_changed BEFORE UPDATE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'a look at the books is kept'); END;
CREATE TRIGGER reconciliation_is_never_deleted BEFORE DELETE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'a look at the books is kept'); END;
CREATE INDEX difference_by_first ON difference (first_id);
CREATE INDEX difference_by_last ON difference (last_id);
CREATE INDEX deposit_of_top_up ON deposit (top_up_id) WHERE top_up_id IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('customer',3);
INSERT INTO "sqlite_sequence" VALUES('picture',1);
INSERT INTO "sqlite_sequence" VALUES('category',2);
INSERT INTO "sqlite_sequence" VALUES('product',4);
INSERT INTO "sqlite_sequence" VALUES('stock_item',5);
INSERT INTO "sqlite_sequence" VALUES('shared_item',1);
INSERT INTO "sqlite_sequence" VALUES('deposit_address',1);
INSERT INTO "sqlite_sequence" VALUES('top_up',1);
INSERT INTO "sqlite_sequence" VALUES('deposit',2);
INSERT INTO "sqlite_sequence" VALUES('ledger_entry',8);
INSERT INTO "sqlite_sequence" VALUES('referral_bonus',1);
INSERT INTO "sqlite_sequence" VALUES('invoice',2);
INSERT INTO "sqlite_sequence" VALUES('offer',3);
INSERT INTO "sqlite_sequence" VALUES('orders',2);
INSERT INTO "sqlite_sequence" VALUES('order_line',4);
INSERT INTO "sqlite_sequence" VALUES('review',1);
INSERT INTO "sqlite_sequence" VALUES('ticket',1);
INSERT INTO "sqlite_sequence" VALUES('ticket_message',1);
INSERT INTO "sqlite_sequence" VALUES('restock_wish',1);
INSERT INTO "sqlite_sequence" VALUES('outbox',1);
INSERT INTO "sqlite_sequence" VALUES('audit_entry',1);
INSERT INTO "sqlite_sequence" VALUES('search',1);
INSERT INTO "sqlite_sequence" VALUES('stored_file',1);
INSERT INTO "sqlite_sequence" VALUES('made_item',1);
INSERT INTO "sqlite_sequence" VALUES('coupon',1);
INSERT INTO "sqlite_sequence" VALUES('coupon_use',1);
INSERT INTO "sqlite_sequence" VALUES('adjustment',1);
INSERT INTO "sqlite_sequence" VALUES('announcement',1);
INSERT INTO "sqlite_sequence" VALUES('pending_import',1);
INSERT INTO "sqlite_sequence" VALUES('draft_piece',1);
INSERT INTO "sqlite_sequence" VALUES('reconciliation',1);
INSERT INTO "sqlite_sequence" VALUES('difference',1);
PRAGMA user_version = 17;
