"""Companies, people, access and sessions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WALLS = [
    *wall("counter"),
    *share("desk_setting", ("staff", "system")),
    *share("login", ("gate", "system")),
    *wall("site"),
    *share("tenant_key", ("gate", "system", "staff")),
    *share("access", ("gate", "system")),
    *share("address", ("gate", "system")),
    *share("agent", ("staff", "system")),
    *wall("contact"),
    *share("domain", ("gate", "system")),
    *share("one_time_token", ("gate", "system")),
    *share("reply_address", ("gate", "system")),
    *share("signed_in", ("gate", "system")),
    *wall("tenant"),
    *wall("led_by"),
]


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_counter")),
    )
    op.create_table(
        "desk_setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desk_setting")),
    )
    op.create_table(
        "login",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("desk", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("sees_all", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("single_keys", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IS NULL OR role IN ('agent', 'lead', 'owner', 'biller', 'auditor')", name=op.f("ck_login_role")
        ),
        sa.CheckConstraint("desk = (role IS NOT NULL)", name=op.f("ck_login_desk_has_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("email", name=op.f("uq_login_email")),
    )
    op.create_table(
        "site",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_site")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_site_tenant_id_name")),
    )
    op.create_table(
        "tenant_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint("key", name=op.f("uq_tenant_key_key")),
    )
    op.create_table(
        "access",
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("denied", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IS NULL OR role IN ('requester', 'team_lead', 'client_admin', 'billing_contact')",
            name=op.f("ck_access_role"),
        ),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_access_login_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_access_tenant_id")),
        sa.PrimaryKeyConstraint("login_id", "tenant_id", name=op.f("pk_access")),
    )
    op.create_index("ix_access_tenant_id", "access", ["tenant_id"], unique=False)
    op.create_table(
        "address",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_address_tenant_id")),
        sa.PrimaryKeyConstraint("email", "tenant_id", name=op.f("pk_address")),
    )
    op.create_table(
        "agent",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kana", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["login.id"], name=op.f("fk_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
    )
    op.create_table(
        "contact",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kana", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("normal_email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("normal_name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('ja', 'en')", name=op.f("ck_contact_language")),
        sa.CheckConstraint(
            "role IN ('requester', 'team_lead', 'client_admin', 'billing_contact')", name=op.f("ck_contact_role")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_contact_tenant_id_site_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact")),
        sa.UniqueConstraint("tenant_id", "normal_email", name=op.f("uq_contact_tenant_id_normal_email")),
    )
    op.create_index("ix_contact_tenant_id_normal_name", "contact", ["tenant_id", "normal_name"], unique=False)
    op.create_table(
        "domain",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_domain_tenant_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_domain")),
    )
    op.create_index("ix_domain_tenant_id", "domain", ["tenant_id"], unique=False)
    op.create_table(
        "one_time_token",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invite', 'reset')", name=op.f("ck_one_time_token_purpose")),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_one_time_token_login_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_token")),
    )
    op.create_table(
        "reply_address",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_reply_address_tenant_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_reply_address")),
    )
    op.create_table(
        "signed_in",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_signed_in_login_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_signed_in")),
    )
    op.create_index("ix_signed_in_login_id", "signed_in", ["login_id"], unique=False)
    op.create_index("ix_signed_in_until", "signed_in", ["until"], unique=False)
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kana", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.Column("short", sa.String(), nullable=False),
        sa.Column("tile", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("billing_zone", sa.String(), nullable=False),
        sa.Column("owner_login_id", sa.BigInteger(), nullable=True),
        sa.Column("mail_name", sa.String(), nullable=True),
        sa.Column("mail_address", sa.String(), nullable=True),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("billing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('ja', 'en')", name=op.f("ck_tenant_language")),
        sa.CheckConstraint("tile BETWEEN 1 AND 12", name=op.f("ck_tenant_tile")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_tenant_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "led_by",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(contact_id IS NULL) <> (site_id IS NULL)", name=op.f("ck_led_by_one")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_led_by_tenant_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"], ["contact.tenant_id", "contact.id"], name=op.f("fk_led_by_tenant_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_led_by_tenant_id_site_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_led_by")),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("led_by")
    op.drop_table("tenant")
    op.drop_index("ix_signed_in_until", table_name="signed_in")
    op.drop_index("ix_signed_in_login_id", table_name="signed_in")
    op.drop_table("signed_in")
    op.drop_table("reply_address")
    op.drop_table("one_time_token")
    op.drop_index("ix_domain_tenant_id", table_name="domain")
    op.drop_table("domain")
    op.drop_index("ix_contact_tenant_id_normal_name", table_name="contact")
    op.drop_table("contact")
    op.drop_table("agent")
    op.drop_table("address")
    op.drop_index("ix_access_tenant_id", table_name="access")
    op.drop_table("access")
    op.drop_table("tenant_key")
    op.drop_table("site")
    op.drop_table("login")
    op.drop_table("desk_setting")
    op.drop_table("counter")
