"""Who somebody is: accounts, passwords, tokens and sessions."""
