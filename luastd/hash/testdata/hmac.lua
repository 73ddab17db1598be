-- The test vectors of RFC 2202 and RFC 4231.
hash.hmac("md5", "Jefe", "what do ya want for nothing?")     --> 750c783e6ab0b503eaa86e310a5db738
hash.hmac("sha1", "Jefe", "what do ya want for nothing?")    --> effcdf6ae5eb2fa2d27416d5f184df9c259a7c79
hash.hmac("sha256", "Jefe", "what do ya want for nothing?")  --> 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843
hash.hmac("sha384", "Jefe", "what do ya want for nothing?")  --> af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649
hash.hmac("sha512", "Jefe", "what do ya want for nothing?")  --> 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737
hash.hmac("sha256", ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First")  --> 60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54
#hash.hmac("sha256", "key", "data", {raw = true})            --> 32

-- A key that is longer than a block of the algorithm counts as its checksum.
local long = ("k"):rep(100000)
hash.hmac("sha256", long, "x") == hash.hmac("sha256", hash.sha256(long, {raw = true}), "x")  --> true
hash.hmac("sha512", long, "x") == hash.hmac("sha512", hash.sha512(long, {raw = true}), "x")  --> true

-- The algorithm comes first. Other algorithms cannot be used with a key.
hash.hmac("key", "sha256", "data")      --> bad argument #1 to hmac ("key" is not one of md5, sha1, sha256, sha384, sha512)
hash.hmac("crc32", "key", "data")       --> bad argument #1 to hmac ("crc32" is not one of md5, sha1, sha256, sha384, sha512)
hash.hmac("sha256", "key")              --> bad argument #3 to hmac (string expected, got nil)
hash.hmac("sha256", "key", "data", {hex = true})  --> bad argument #4 to hmac (there is no field 'hex'; its fields are raw)

-- equal compares checksums.
hash.equal("abc", "abc")                --> true
hash.equal("abc", "abd")                --> false
hash.equal("abc", "ab")                 --> false
hash.equal("", "")                      --> true
hash.equal("abc")                       --> bad argument #2 to equal (string expected, got nil)
