"""Who is told what: the inbox that is also the outbox."""
