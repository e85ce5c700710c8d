"""Floor 0, the words: events, requests, replies, errors. They import nothing of ours above."""
