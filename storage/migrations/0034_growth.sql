-- What is asked for often is found by an index, however much there is.

CREATE INDEX order_line_of_product ON order_line (product_id);
CREATE INDEX cart_item_of_product ON cart_item (product_id);
CREATE INDEX review_by_product ON review (product_id, id);
CREATE INDEX review_of_customer ON review (customer_id);
CREATE INDEX restock_wish_of_product ON restock_wish (product_id);
CREATE INDEX restock_wish_of_customer ON restock_wish (customer_id);
CREATE INDEX coupon_use_by_customer ON coupon_use (customer_id);
CREATE INDEX stock_item_of_file ON stock_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX made_item_of_file ON made_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX shared_item_of_file ON shared_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX deposit_address_of_chain ON deposit_address (chain, id);

-- Shelves in their order. This index does what `category_below` did.
CREATE INDEX category_by_place ON category (parent_id, name, id);
DROP INDEX category_below;
CREATE INDEX product_scarce ON product (low_stock_threshold, stock_count) WHERE deleted_at IS NULL;
CREATE INDEX product_ever_sold ON product (search_text, id) WHERE sold_count > 0;
CREATE INDEX product_of_picture ON product (picture_id) WHERE picture_id IS NOT NULL;
CREATE INDEX category_of_picture ON category (picture_id) WHERE picture_id IS NOT NULL;

-- What is forgotten after a time is found by its time.
CREATE INDEX search_by_time ON search (created_at);
CREATE INDEX offer_by_time ON offer (created_at);
CREATE INDEX top_up_by_end ON top_up (expires_at);
CREATE INDEX outbox_by_sending ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_by_giving_up ON outbox (given_up_at) WHERE given_up_at IS NOT NULL;
CREATE INDEX handled_update_by_time ON handled_update (handled_at);
CREATE INDEX conversation_by_time ON conversation (updated_at);
CREATE INDEX adjustment_by_time ON adjustment (created_at);
CREATE INDEX picture_by_time ON picture (created_at);
CREATE INDEX ticket_closed ON ticket (updated_at) WHERE state = 'closed';
