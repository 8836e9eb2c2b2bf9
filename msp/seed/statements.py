"""What a big desk is written with: one INSERT ... SELECT from the stage for each table."""

TICKETS = """
INSERT INTO ticket (tenant_id, number, key, title, kind, category, impact, urgency, priority, status, channel, tier,
  owner_id, taken_at, contact_id, requester, opened_at, changed_at, resolved_at, resolution, due_at, due_metric,
  due_target, due_calendar, clock, next_due_at, breached, version)
SELECT %(tenant)s, s.number, %(key)s || '-' || s.number, title, 'trouble', 'it', 'low', 'medium', priority, status,
  'mail', 1, owner, to_timestamp(opened + 600), contact, c.name, to_timestamp(opened),
  to_timestamp(coalesce(resolved, opened + 600)), to_timestamp(resolved), '', due_at, due_metric, due_target,
  due_calendar, clock, next_due_at, breached, 1
FROM stage s JOIN contact c ON c.tenant_id = %(tenant)s AND c.id = s.contact
"""
TIME = """
INSERT INTO time_entry (tenant_id, ticket_id, agent_id, agent_name, work_type, mode, worked_on, started_at, ended_at,
  raw_seconds, billable_seconds, text, state, recorded_at, version)
SELECT t.tenant_id, t.id, t.owner_id, '計測', 'remote', 'remote', t.opened_at::date, t.opened_at,
  t.opened_at + s.seconds * interval '1 second', s.seconds, s.seconds, '対応', 'approved', t.opened_at, 1
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number
"""
MESSAGES = """
INSERT INTO message (tenant_id, ticket_id, at, by, by_id, by_name, channel, automatic, language, text, quoted)
SELECT t.tenant_id, t.id, to_timestamp(s.at), s.by, CASE s.by WHEN 'agent' THEN t.owner_id ELSE t.contact_id END,
  t.requester, 'mail', false, 'ja', s.words, ''
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number ORDER BY t.id, s.at, s.ctid
"""
LAST_MESSAGE = """
UPDATE ticket t SET last_message_id = m.id
FROM (SELECT ticket_id, max(id) AS id FROM message WHERE tenant_id = %(tenant)s GROUP BY ticket_id) m
WHERE t.tenant_id = %(tenant)s AND t.id = m.ticket_id
"""
EVENTS = """
INSERT INTO event (tenant_id, ticket_id, at, type, by, by_id, by_name, data)
SELECT t.tenant_id, t.id, to_timestamp(s.at), s.type, s.by, t.contact_id, t.requester,
  s.data || CASE WHEN s.type = 'status' THEN '{}' ELSE jsonb_build_object('message_id', (SELECT min(m.id) FROM message m
    WHERE m.tenant_id = %(tenant)s AND m.ticket_id = t.id AND m.at = to_timestamp(s.at))) END
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number ORDER BY t.id, s.at, s.ctid
"""
CLOCKS = """
INSERT INTO clock (tenant_id, ticket_id, metric, cycle, status, started_at, due_at, next_due_at, target, spent,
  breached_at, terms, calendar, folded)
SELECT t.tenant_id, t.id, s.metric, s.cycle, s.status, s.started_at, s.due_at, s.next_due_at, s.target, s.spent,
  s.breached_at, s.terms, s.calendar, 3
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number
"""
OUTCOMES = """
INSERT INTO cycle_outcome (tenant_id, ticket_id, metric, cycle, state, priority, started_at, stopped_at, breached_at,
  decided_at, target, spent, terms, calendar)
SELECT t.tenant_id, t.id, s.metric, s.cycle, s.state, s.priority, s.started_at, s.stopped_at, s.breached_at,
  s.decided_at, s.target, s.spent, s.terms, s.calendar
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number
"""
STEPS = """
INSERT INTO escalation (tenant_id, ticket_id, metric, cycle, step, at, noticed_at, told_at, terms, calendar)
SELECT t.tenant_id, t.id, s.metric, s.cycle, s.step, to_timestamp(s.at), to_timestamp(s.at), to_timestamp(s.at),
  s.terms, s.calendar
FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number
"""
TOKENS = """
INSERT INTO token (tenant_id, token, ticket_id)
SELECT t.tenant_id, s.token, t.id FROM stage s JOIN ticket t ON t.tenant_id = %(tenant)s AND t.number = s.number
ORDER BY s.token, t.id
"""
COUNTER = "INSERT INTO counter (tenant_id, name, value) VALUES (%(tenant)s, 'ticket', %(value)s)"
