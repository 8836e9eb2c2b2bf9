"""All models of the house, so that the schema can be held against them."""

import billing.models
import msp.intake.models
import msp.outbox.models
import msp.reports.models
import msp.tickets.models
import sla.models
import tenants.audit
import tenants.models
import tenants.tokens
import tenants.work
from tenants.isolation import Base

ALL = (
    tenants.models,
    tenants.audit,
    tenants.tokens,
    tenants.work,
    sla.models,
    billing.models,
    msp.tickets.models,
    msp.intake.models,
    msp.outbox.models,
    msp.reports.models,
)
metadata = Base.metadata
