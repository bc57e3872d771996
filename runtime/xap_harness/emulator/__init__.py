"""`xap_harness.machine` on unicorn; nothing else imports unicorn."""
