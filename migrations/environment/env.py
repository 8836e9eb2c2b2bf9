"""Alembic's entry: connects as the owner of the tables and gives up early rather than holding others up."""

from alembic import context
from sqlalchemy import create_engine, pool

LIMITS = "-c lock_timeout=2s -c statement_timeout=15min"


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise ValueError("A migration needs to know the database.")
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"options": LIMITS})
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
