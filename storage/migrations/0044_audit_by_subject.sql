-- What the audit log says about one customer, for the copy of their data, for their notes and for a deletion.
CREATE INDEX audit_entry_by_subject ON audit_entry (subject, id);
