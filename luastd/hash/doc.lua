hash = {}

---Returns the MD5 checksum of s in hexadecimal. MD5 is not secure.
---@param s string
---@param options? { raw: boolean } raw: returns the 16 bytes
---@return string
function hash.md5(s, options) end

---Returns the SHA-1 checksum of s in hexadecimal. SHA-1 is not secure.
---@param s string
---@param options? { raw: boolean } raw: returns the 20 bytes
---@return string
function hash.sha1(s, options) end

---Returns the SHA-256 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 32 bytes
---@return string
function hash.sha256(s, options) end

---Returns the SHA-384 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 48 bytes
---@return string
function hash.sha384(s, options) end

---Returns the SHA-512 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 64 bytes
---@return string
function hash.sha512(s, options) end

---Returns the CRC-32 checksum of s, as in zip files and PNG.
---@param s string
---@return integer
function hash.crc32(s) end

---Returns the HMAC of data: a checksum that only somebody who has the key can compute.
---@param algo "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@param key string|secret
---@param data string
---@param options? { raw: boolean } raw: returns the bytes instead of hexadecimal digits
---@return string
function hash.hmac(algo, key, data, options) end

---Returns the checksum of a file.
---@param algo "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@param path string as for fs.read
---@param options? { raw: boolean } raw: returns the bytes instead of hexadecimal digits
---@return string? checksum nil when the file cannot be read
---@return string? reason
---@return string? code "not_found", "denied", "not_a_file", "timeout" or "io"
function hash.file(algo, path, options) end

---Compares two strings. The time that this takes does not say at which byte they differ.
---@param a string|secret
---@param b string|secret
---@return boolean
function hash.equal(a, b) end
