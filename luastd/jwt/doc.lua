jwt = {}

---Makes a signed token.
---@param claims table what the token says, such as { sub = "ann", exp = os.time() + 60 }
---@param key string|secret the secret that both sides have, or a private key in PEM
---@param options? { alg: string, expires: number, header: table } alg: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA, default: the first that fits the key; expires: seconds from now until the token expires; header: more fields of the header, such as kid
---@return string token
function jwt.sign(claims, key, options) end

---Returns the claims of a token if its signature is right, and it is valid now.
---@param token string
---@param key string|secret|table<string, string> the secret that both sides have, or a public key or certificate in PEM; or a table of keys by key id (kid)
---@param options? { algs: string[], issuer: string, audience: string, leeway: number } algs: the algorithms to accept, default: the first that fits the key; issuer, audience: what the token must have as iss and aud; leeway: seconds by which the clocks may differ, default 30
---@return table? claims nil if the token is refused
---@return string? reason
---@return string? code "invalid", "expired" or "too_large"
function jwt.verify(token, key, options) end

---Returns what a token says, without verifying it.
---@param token string
---@return table? claims nil if the text is not a token
---@return table|string header the header, or the reason
---@return string? code "invalid" or "too_large"
function jwt.peek(token) end
