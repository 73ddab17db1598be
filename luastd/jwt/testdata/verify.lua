local key = "a secret of 32 bytes or more...."
local token = jwt.sign({sub = "ann", iss = "door", aud = "gate", list = {1, 2}}, key)
local function part(text) return base64.encode(text, {url = true, pad = false}) end
-- signed returns a token with any header and claims, signed with HS256.
local function signed(header, claims)
  local text = part(header) .. "." .. part(claims)
  return text .. "." .. part(hash.hmac("sha256", key, text, {raw = true}))
end

json.encode(jwt.verify(token, key))                   --> {"sub":"ann","iss":"door","aud":"gate","list":[1,2]}
jwt.verify(token, key .. ".")                         --> nil, invalid: the signature of the token is wrong, invalid
jwt.verify(jwt.sign({sub = "a"}, key, {alg = "HS512"}), key, {algs = {"HS512", "HS256"}}).sub    --> a

-- The verifier decides on the algorithm.
jwt.verify(jwt.sign({}, key, {alg = "HS512"}), key)   --> nil, invalid: the token is signed with "HS512", not with HS256, invalid
jwt.verify(token, key, {algs = {"HS384", "HS512"}})   --> nil, invalid: the token is signed with "HS256", not with HS384 or HS512, invalid
jwt.verify(part('{"alg":"none"}') .. "." .. part("{}") .. ".", key)  --> nil, invalid: the token is signed with "none", not with HS256, invalid
jwt.verify(signed('{"alg":"None"}', "{}"), key)       --> nil, invalid: the token is signed with "None", not with HS256, invalid
jwt.verify(signed('{"alg":"hs256"}', "{}"), key)      --> nil, invalid: the token is signed with "hs256", not with HS256, invalid
jwt.verify(signed('{"typ":"JWT"}', "{}"), key)        --> nil, invalid: the token is signed with "nil", not with HS256, invalid
jwt.verify(signed('{"ALG":"HS256"}', "{}"), key)      --> nil, invalid: the token is signed with "nil", not with HS256, invalid
jwt.verify(signed('{"alg":"HS256","crit":["exp"]}', "{}"), key)      --> nil, invalid: the header of the token has crit, which is not supported, invalid
jwt.verify(token, key, {algs = {"none"}})             --> bad argument #3 to verify (algs[1] must be one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, EdDSA, not "none")
jwt.verify(token, key, {algs = {"RS256"}})            --> bad argument #2 to verify (a secret fits HS256, HS384, HS512, not RS256)
jwt.verify(token, key, {algs = {}})                   --> bad argument #3 to verify (algs must be a list of algorithms, such as {"HS256"}, not a table)
jwt.verify(token, key, {algs = "HS256"})              --> bad argument #3 to verify (algs must be a list of algorithms, such as {"HS256"}, not a string)

-- issuer and audience
jwt.verify(token, key, {issuer = "door", audience = "gate"}).sub     --> ann
jwt.verify(token, key, {issuer = "dooR"})             --> nil, invalid: the issuer of the token (iss) is not "dooR", invalid
jwt.verify(token, key, {audience = "gat"})            --> nil, invalid: the token is not for "gat" (aud), invalid
jwt.verify(jwt.sign({}, key), key, {issuer = "door"}) --> nil, invalid: the issuer of the token (iss) is not "door", invalid
jwt.verify(jwt.sign({}, key), key, {audience = "a"})  --> nil, invalid: the token is not for "a" (aud), invalid
jwt.verify(jwt.sign({sub = "a", aud = {"x", "gate"}}, key), key, {audience = "gate"}).sub            --> a
jwt.verify(jwt.sign({aud = {"x", "y"}}, key), key, {audience = "gate"})  --> nil, invalid: the token is not for "gate" (aud), invalid
jwt.verify(jwt.sign({aud = {gate = "x"}}, key), key, {audience = "gate"})    --> nil, invalid: the token is not for "gate" (aud), invalid
jwt.verify(token, key, {issuer = ""})                 --> bad argument #3 to verify (issuer must not be empty)
jwt.verify(token, key, {audience = {"gate"}})         --> bad argument #3 to verify (audience must be a string, not a table)
jwt.verify(token, key, {aud = "gate"})                --> bad argument #3 to verify (there is no field 'aud'; its fields are algs, issuer, audience, leeway)

-- Times that are not times are refused, and do not count as missing. The tests of the clock are in Go.
jwt.verify(signed('{"alg":"HS256"}', '{"exp":0}'), key)          --> nil, expired: the token was valid until 1970-01-01 00:00:00 UTC, expired
jwt.verify(signed('{"alg":"HS256"}', '{"exp":null}'), key)       --> nil, invalid: the claim exp of the token is not a time, invalid
jwt.verify(signed('{"alg":"HS256"}', '{"exp":"9e9"}'), key)      --> nil, invalid: the claim exp of the token is not a time, invalid
jwt.verify(signed('{"alg":"HS256"}', '{"exp":1e300}'), key)      --> nil, invalid: the claim exp of the token is not a time, invalid
jwt.verify(signed('{"alg":"HS256"}', '{"nbf":-1}'), key)         --> nil, invalid: the claim nbf of the token is not a time, invalid
jwt.verify(signed('{"alg":"HS256"}', '{"nbf":9007199254740992}'), key)  --> nil, invalid: the token is not valid before 285428751-11-12 07:36:32 UTC, invalid
jwt.verify(signed('{"alg":"HS256"}', '{"exp":1,"exp":9e9,"a":1}'), key).a   --> 1
jwt.verify(jwt.sign({exp = 1, iss = "x"}, key), key, {issuer = "y"})     --> nil, invalid: the issuer of the token (iss) is not "y", invalid
jwt.verify(token, key, {leeway = 601})                --> bad argument #3 to verify (leeway must be at most 600, not 601: seconds are meant, not milliseconds)
jwt.verify(token, key, {leeway = -1})                 --> bad argument #3 to verify (leeway must be at least 0 seconds, not -1)

-- A table of keys by key id.
local keys = {a = "secret a", b = "secret b"}
local function of(id, header) return jwt.sign({id = id}, keys[id], {header = header or {kid = id}}) end
jwt.verify(of("a"), keys).id, jwt.verify(of("b"), keys).id       --> a, b
jwt.verify(of("a", {kid = "b"}), keys)                --> nil, invalid: the signature of the token is wrong, invalid
jwt.verify(of("a", {kid = "c"}), keys)                --> nil, invalid: the token names the key "c", which is not there, invalid
jwt.verify(of("a", {}), keys)                         --> nil, invalid: the token does not name its key (kid), invalid
jwt.verify(of("a", {kid = 1}), keys)                  --> nil, invalid: the token does not name its key (kid), invalid
jwt.verify(of("a"), {})                               --> nil, invalid: the token names the key "a", which is not there, invalid
jwt.verify(of("a"), {"secret a"})                     --> bad argument #2 to verify (the table of keys must have the key ids as names)
jwt.verify(of("a"), {b = 1})                          --> bad argument #2 to verify (the key with the id "b" must be a string, not a number)
jwt.verify(of("a"), {a = ""})                         --> bad argument #2 to verify (the key is empty)

-- What is not a token.
jwt.verify("", key)                                   --> nil, invalid: a token has 3 parts with dots between them, this text has 1, invalid
jwt.verify("a.b.c.d.e", key)                          --> nil, invalid: a token has 3 parts with dots between them, this text has 5, invalid
jwt.verify(token .. ".", key)                         --> nil, invalid: a token has 3 parts with dots between them, this text has 4, invalid
jwt.verify("Bearer " .. token, key)                   --> nil, invalid: the header of the token: not base64 of the form for URLs, invalid
jwt.verify(token .. "=", key)                         --> nil, invalid: the signature of the token: not base64 of the form for URLs, invalid
jwt.verify(token .. "\n", key)                        --> nil, invalid: the signature of the token: not base64 of the form for URLs, invalid
jwt.verify(part("[]") .. "." .. part("{}") .. ".", key)          --> nil, invalid: the header of the token: not a JSON object, invalid
jwt.verify(part('{"alg":"HS256"}') .. "." .. part("null") .. ".", key)   --> nil, invalid: the claims of the token: not a JSON object, invalid
jwt.verify(part('{"alg":"HS256"') .. "." .. part("{}") .. ".", key)      --> nil, invalid: the header of the token: line 1, column 15: expected ',' or '}', not the end, invalid
jwt.verify(("x"):rep(2^14 + 1), key)                  --> nil, too_large: the token has 16385 bytes; the maximum is 16384, too_large
jwt.verify(nil, key)                                  --> bad argument #1 to verify (string expected, got nil)
jwt.verify(token)                                     --> bad argument #2 to verify (string expected, got nil)
jwt.verify(token, "")                                 --> bad argument #2 to verify (the key is empty)
jwt.verify("a.b.c", "")                               --> bad argument #2 to verify (the key is empty)

-- peek verifies nothing.
local claims, header = jwt.peek(part('{"alg":"X"}') .. "." .. part('{"exp":1}') .. ".")
claims.exp, header.alg                                --> 1, X
jwt.peek("a.b")                                       --> nil, invalid: a token has 3 parts with dots between them, this text has 2, invalid
jwt.peek(("x"):rep(2^14 + 1))                         --> nil, too_large: the token has 16385 bytes; the maximum is 16384, too_large
jwt.peek()                                            --> bad argument #1 to peek (string expected, got nil)
