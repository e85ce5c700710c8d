"""Floor 0, the words: events, requests, replies and errors. They import nothing of ours above them."""
