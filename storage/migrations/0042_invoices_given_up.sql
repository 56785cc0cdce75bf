-- Unpaid invoices that the provider is not asked about any more, by their expiry. A clock ahead of time ends the
-- questions too early; by this index they go on once the clock is right.
CREATE INDEX invoice_given_up ON invoice (provider, expires_at) WHERE next_check_at IS NULL AND state <> 'paid';
