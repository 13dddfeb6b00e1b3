"""Claims, records, counts, answers, ratings and counters in one DynamoDB table; `table.TABLE` is what makes it.

| item | pk | sk | beside the nouns' own fields | ends |
|---|---|---|---|---|
| claim | claim#<key> | claim | holder | with its ttl |
| record | record#<group> | <name> | value, revision | with its ttl, or never |
| unit | count#<name> | unit#<number>, set#<hundred>, all | note; units | after two weeks |
| answer | question#<id> | answer | rev, asked, standing, disliked_day, declined_day | `retention` after it was asked |
| rating | question#<id> | rating#<person> | rev | with its answer |
| counters | tally#<shard> | <day> | outcome/<outcome>, helpful, reason/<reason>, usage/<model>/<what> | never |

One table, because an answer, its rating and the counters change in one transaction and are permitted by one statement.
`expires` is the TTL attribute. DynamoDB deletes days late, so who reads compares it.

Indexes, both sparse: `worst` (disliked_day, standing), keys only, holds what somebody disliked once; `declined`
(declined_day, asked) holds what was not answered, with all that a list shows. `standing` is the dislikes, then the
microsecond of asking: one number that transactions add to, and that sorts as the list does. Answers live for
`retention`, so a list over all of them is as many queries as that has days, each of at most `limit` entries: nothing
is scanned, and of what was read only what has just ended is left out.

Exact counters: a write reads what is there, puts the difference into one transaction with it, and is cancelled when
somebody came between. Then it is done again from the reading on. So the same write, again after a lost response or a
redelivery a week later, finds itself done and counts nothing; a ClientRequestToken would know for ten minutes.

Hot keys: a partition takes 1,000 write units a second and an update in a transaction costs two, so one counter item
would bear 500 questions a second. Sooner than that, two transactions under way on one item cancel one of them. So there
are 32 shards of a day, chosen by the question (every difference of one question goes to one item, and no reading shows
half a change of mind), and a report sums 32 queries. In a model with transactions of 15 ms, 1,000 questions within 2 s
took 1.3 tries each on 32 items and 2.4 on 10, and none failed. An index's partition is a day: 1,000 declined questions
a second. The ratings of one answer meet on it whatever the shards: 50 at the same moment took 6 tries each.
"""
