-- The checksums of the standards' own test vectors.
hash.md5("abc")       --> 900150983cd24fb0d6963f7d28e17f72
hash.sha1("abc")      --> a9993e364706816aba3e25717850c26c9cd0d89d
hash.sha256("abc")    --> ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
hash.sha384("abc")    --> cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7
hash.sha512("abc")    --> ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
hash.sha256("")       --> e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
hash.crc32("123456789")   --> 3421780262
hash.crc32("")        --> 0

-- raw returns the bytes.
#hash.sha256("abc", {raw = true})               --> 32
#hash.md5("abc", {raw = true})                  --> 16
hash.sha1("abc", {raw = true}):byte(1, 3)       --> 169, 153, 62
hash.md5("abc", {raw = false})                  --> 900150983cd24fb0d6963f7d28e17f72
hash.md5("abc", nil)                            --> 900150983cd24fb0d6963f7d28e17f72

-- A long text is read in parts.
hash.sha256(("a"):rep(1000000))   --> cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0
hash.crc32(("a"):rep(1000000))    --> 3693461436

-- Mistakes raise an error.
hash.sha256()                     --> bad argument #1 to sha256 (string expected, got nil)
hash.sha256("abc", true)          --> bad argument #2 to sha256 (table expected, got boolean)
hash.sha256("abc", {rwa = true})  --> bad argument #2 to sha256 (there is no field 'rwa' (did you mean 'raw'?); its fields are raw)
hash.sha256("abc", {raw = 1})     --> bad argument #2 to sha256 (raw must be true or false, not 1)
hash.crc32({})                    --> bad argument #1 to crc32 (string expected, got table)
