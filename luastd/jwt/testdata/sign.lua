local key = "a secret of 32 bytes or more...."
local function show(token)
  local claims, header = jwt.peek(token)
  return json.encode(header) .. json.encode(claims)
end

show(jwt.sign({sub = "ann", n = 1}, key))             --> {"alg":"HS256","typ":"JWT"}{"sub":"ann","n":1}
show(jwt.sign({}, key))                               --> {"alg":"HS256","typ":"JWT"}{}
show(jwt.sign({}, key, {alg = "HS384"}))              --> {"alg":"HS384","typ":"JWT"}{}
show(jwt.sign({}, key, {alg = "HS512"}))              --> {"alg":"HS512","typ":"JWT"}{}
show(jwt.sign({}, key, {header = {kid = "1"}}))       --> {"alg":"HS256","typ":"JWT","kid":"1"}{}
show(jwt.sign({}, key, {header = {typ = "at+jwt"}}))  --> {"alg":"HS256","typ":"at+jwt"}{}
show(jwt.sign({}, key, {alg = json.null, expires = json.null, header = json.null}))  --> {"alg":"HS256","typ":"JWT"}{}
show(jwt.sign({aud = {"a", "b"}, x = {y = json.null}}, key))  --> {"alg":"HS256","typ":"JWT"}{"aud":["a","b"],"x":{"y":null}}

-- expires sets exp, and leaves the table of the script alone.
local claims = {sub = "ann"}
local now = os.time()
local exp = jwt.peek(jwt.sign(claims, key, {expires = 60})).exp
exp == math.floor(exp), math.abs(exp - now - 60) <= 5, claims.exp  --> true, true, nil
jwt.peek(jwt.sign({}, key, {expires = 1})).exp > now  --> true
jwt.sign({exp = 1}, key, {expires = 60})              --> bad argument #3 to sign (the option expires and claims.exp are both set)
jwt.sign({}, key, {expires = 0})                      --> bad argument #3 to sign (expires must be at least 1 seconds, not 0)
jwt.sign({}, key, {expires = 315576001})              --> bad argument #3 to sign (expires must be at most 315576000, not 315576001: seconds are meant, not milliseconds)
jwt.sign({}, key, {expires = 0/0})                    --> bad argument #3 to sign (expires must be at least 1 seconds, not NaN)
jwt.sign({}, key, {expires = "60"})                   --> bad argument #3 to sign (expires must be a number of seconds, not a string)

-- Times are numbers of seconds.
jwt.sign({exp = "60"}, key)                           --> bad argument #1 to sign (claims.exp must be a time in Unix seconds, not a string)
jwt.sign({nbf = json.null}, key)                      --> bad argument #1 to sign (claims.nbf must be a time in Unix seconds, not a userdata)
jwt.sign({iat = -1}, key)                             --> bad argument #1 to sign (claims.iat must be a time in Unix seconds, not a number)
jwt.sign({exp = 1785000000000}, key)                  --> bad argument #1 to sign (claims.exp is after the year 5000: seconds are meant, not milliseconds)
show(jwt.sign({iat = 0, nbf = 1.5, exp = 1e11}, key)) --> {"alg":"HS256","typ":"JWT"}{"iat":0,"nbf":1.5,"exp":100000000000}

-- Mistakes raise an error.
jwt.sign({}, "")                                      --> bad argument #2 to sign (the key is empty)
jwt.sign({})                                          --> bad argument #2 to sign (string expected, got nil)
jwt.sign(key, {})                                     --> bad argument #1 to sign (table expected, got string)
jwt.sign({"a"}, key)                                  --> bad argument #1 to sign (claims must be a table by name, not a list)
jwt.sign(json.array(), key)                           --> bad argument #1 to sign (claims must be a table by name, not a list)
jwt.sign({a = {b = print}}, key)                      --> bad argument #1 to sign (claims.a.b: a function cannot be JSON)
jwt.sign({}, key, {alg = "none"})                     --> bad argument #3 to sign (alg must be one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, EdDSA, not "none")
jwt.sign({}, key, {alg = "RS256"})                    --> bad argument #3 to sign (alg: a secret fits HS256, HS384, HS512, not RS256)
jwt.sign({}, key, {header = {alg = "none"}})          --> bad argument #3 to sign (header cannot have alg: use the option alg)
jwt.sign({}, key, {header = {crit = {"b64"}}})        --> bad argument #3 to sign (header cannot have crit, which is not supported)
jwt.sign({}, key, {header = {"kid"}})                 --> bad argument #3 to sign (header must be a table by name, not a list)
jwt.sign({}, key, {header = {kid = print}})           --> bad argument #3 to sign (header.kid: a function cannot be JSON)
jwt.sign({}, key, {header = "kid"})                   --> bad argument #3 to sign (header must be a table, not a string)
jwt.sign({}, key, {algorithm = "HS256"})              --> bad argument #3 to sign (there is no field 'algorithm'; its fields are alg, expires, header)
jwt.sign({}, key, {expire = 1})                       --> bad argument #3 to sign (there is no field 'expire' (did you mean 'expires'?); its fields are alg, expires, header)

-- The names of other libraries are refused with a hint. Other names are nil.
jwt.decode("a.b.c", key)                              --> there is no jwt.decode: use jwt.verify(token, key) to check a token, or jwt.peek(token) to read one without a check
jwt.encode({}, key)                                   --> there is no jwt.encode: use jwt.sign(claims, key)
jwt.load                                              --> nil

-- Bounds.
local body = ("x"):rep(12150)
#jwt.sign({x = body}, key)                            --> 16292
jwt.sign({x = body .. ("x"):rep(100)}, key)           --> jwt.sign: the token has 16425 bytes; the maximum is 16384
jwt.sign({x = body .. body}, key)                     --> bad argument #1 to sign (claims: longer than 16384 bytes)
#jwt.sign({}, ("k"):rep(2^14))                        --> 84
jwt.sign({}, ("k"):rep(2^14 + 1))                     --> bad argument #2 to sign (the key has 16385 bytes; the maximum is 16384)
