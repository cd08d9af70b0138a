"""The proof of sending with real processes: workers that are killed, a Yuki that misbehaves, and a judge."""
