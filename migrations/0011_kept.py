"""What the database itself refuses: to change what was issued or billed"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEPT = (
    "document",
    "document_line",
    "document_tax",
    "billed_ahead",
    "rendering",
    "series_link",
    "time_change",
    "write_off",
)
SUMMED = ("document", "document_line", "document_tax")

STAYS = """
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION '% is written once and never again', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""

BILLED_STAYS = """
CREATE FUNCTION billed_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    freed constant text[] := '{state,charged_seconds,rule,version}';
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state = 'approved' AND to_jsonb(NEW) - freed = to_jsonb(OLD) - freed
        AND NOT EXISTS (
            SELECT FROM document_source
            WHERE tenant_id = OLD.tenant_id AND kind = 'time' AND source_id = OLD.id AND live
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'billed time stays as it was billed' USING ERRCODE = 'restrict_violation';
END
$$
"""

SOURCE_STAYS = """
CREATE FUNCTION source_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.live AND NOT NEW.live
        AND to_jsonb(NEW) - 'live' = to_jsonb(OLD) - 'live'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a source can only be freed, once' USING ERRCODE = 'restrict_violation';
END
$$
"""

SERIES_RUNS_ON = """
CREATE FUNCTION series_runs_on() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.issuer_id, NEW.kind) = (OLD.issuer_id, OLD.kind)
        AND NEW.place BETWEEN OLD.place AND OLD.place + 1
        AND (OLD.last_on IS NULL OR NEW.last_on >= OLD.last_on)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a series of numbers runs on by one and never back' USING ERRCODE = 'restrict_violation';
END
$$
"""

ADDS_UP = """
CREATE FUNCTION adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    subject bigint;
    whole record;
BEGIN
    subject := CASE TG_TABLE_NAME WHEN 'document' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'document_id' END;
    SELECT line_count, tax INTO whole FROM document WHERE tenant_id = NEW.tenant_id AND id = subject;
    IF FOUND AND (
        whole.line_count <> (
            SELECT count(*) FROM document_line WHERE tenant_id = NEW.tenant_id AND document_id = subject
        )
        OR whole.tax <> (
            SELECT coalesce(sum(amount), 0) FROM document_tax
            WHERE tenant_id = NEW.tenant_id AND document_id = subject
        )
    ) THEN
        RAISE EXCEPTION 'document % does not add up', subject USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$
"""

FUNCTIONS = {
    "stays": STAYS,
    "billed_stays": BILLED_STAYS,
    "source_stays": SOURCE_STAYS,
    "series_runs_on": SERIES_RUNS_ON,
    "adds_up": ADDS_UP,
}
GUARDED = (
    *((table, "stays", "") for table in KEPT),
    ("time_entry", "billed_stays", "WHEN (OLD.state = 'billed')"),
    ("document_source", "source_stays", ""),
    ("number_series", "series_runs_on", ""),
)


def upgrade() -> None:
    for body in FUNCTIONS.values():
        op.execute(body)
    for table, function, when in GUARDED:
        op.execute(
            f"CREATE TRIGGER {function} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {when} "
            f"EXECUTE FUNCTION {function}()"
        )
    for table in KEPT:
        op.execute(f"CREATE TRIGGER stays_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION stays()")
    for table in SUMMED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION adds_up()"
        )
    op.execute("REVOKE UPDATE, DELETE ON document_source FROM msp_app")
    op.execute("GRANT UPDATE (live) ON document_source TO msp_app")
    op.execute("REVOKE DELETE ON number_series FROM msp_app")


def downgrade() -> None:
    op.execute("GRANT DELETE ON number_series TO msp_app")
    op.execute("REVOKE UPDATE (live) ON document_source FROM msp_app")
    op.execute("GRANT UPDATE, DELETE ON document_source TO msp_app")
    for table in SUMMED:
        op.execute(f"DROP TRIGGER adds_up ON {table}")
    for table in KEPT:
        op.execute(f"DROP TRIGGER stays_whole ON {table}")
    for table, function, _ in GUARDED:
        op.execute(f"DROP TRIGGER {function} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
