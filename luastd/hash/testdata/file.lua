-- The checksum of a file is that of its content.
fs.write("abc", "abc")                    --> true
hash.file("md5", "abc")                   --> 900150983cd24fb0d6963f7d28e17f72
hash.file("sha512", "abc") == hash.sha512("abc")             --> true
hash.file("sha256", "abc", {raw = true}) == hash.sha256("abc", {raw = true})    --> true
fs.write("long", ("a"):rep(1000000))      --> true
hash.file("sha256", "long")               --> cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0
fs.write("empty", "")                     --> true
hash.file("sha256", "empty") == hash.sha256("")              --> true

-- It fails like fs.read.
hash.file("sha256", "nothing")            --> nil, not_found: nothing does not exist, not_found
hash.file("sha256", "")                   --> nil, not_a_file: the data folder is a folder, not_a_file
hash.file("sha256", "/etc/passwd")        --> hash.file: test.lua may not read /etc/passwd. Start with --allow-read=/etc

-- Mistakes raise an error.
hash.file("sha3", "abc")                  --> bad argument #1 to file ("sha3" is not one of md5, sha1, sha256, sha384, sha512)
hash.file("abc", "sha256")                --> bad argument #1 to file ("abc" is not one of md5, sha1, sha256, sha384, sha512)
hash.file("sha256")                       --> bad argument #2 to file (string expected, got nil)
hash.file("sha256", "abc", {hex = true})  --> bad argument #3 to file (there is no field 'hex'; its fields are raw)
