"""How finished mails leave: over SMTP by our own client, or through a provider.

Nothing in here reads or writes the database; it takes bytes and says what is known of them afterwards.
"""
