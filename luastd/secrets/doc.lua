---Keys of APIs, passwords and other texts that a script uses without seeing them.
secrets = {}

---A text that a script uses without seeing it. `..` makes another secret, `==` compares the texts, and
---tostring returns "secret(NAME)".
---@class secret
---@operator concat(string|secret): secret
local secret = {}

---Returns the text. The log says once that the script has read it, unless secrets.toml allows it.
---@return string
function secret:reveal() end

---Returns the secret with this name, from the file of this name in $CREDENTIALS_DIRECTORY, from
---secrets.toml beside the script, or from the variable MOONLARK_SECRET_NAME.
---@param name string
---@return secret? secret nil if there is none
---@return string? reason
---@return string? code "not_found"
function secrets.get(name) end

---Returns the names of all secrets, sorted.
---@return string[]
function secrets.names() end
