-- bit32 has the functions of bit, and its results have no sign.
bit32.bnot(0)                     --> 4294967295
bit32.tobit(-1)                   --> 4294967295
bit32.bor(0x80000000, 1)          --> 2147483649
bit32.band(-1, 0xff00)            --> 65280
bit32.bxor(-1, 1)                 --> 4294967294
bit32.lshift(1, 31)               --> 2147483648
bit32.rshift(0x80000000, 31)      --> 1
bit32.arshift(0x80000000, 31)     --> 4294967295
bit32.rol(0x80000001, 1)          --> 3
bit32.ror(1, 1)                   --> 2147483648
bit32.tohex(-1)                   --> ffffffff

local names = {}
for name in pairs(bit) do
  if not bit32[name] then names[#names + 1] = name end
end
#names                            --> 0
