-- The version is the first digit of the third group. The fourth group begins with 8, 9, a or b.
local hex = "%x"
local function group(digits) return hex:rep(digits) end
local function pattern(version)
  return "^" .. group(8) .. "%-" .. group(4) .. "%-" .. version .. group(3) .. "%-[89ab]" .. group(3) .. "%-" .. group(12) .. "$"
end
uuid.v4():find(pattern(4))                                --> 1, 36
uuid.v7():find(pattern(7))                                --> 1, 36
uuid.v4() == uuid.v4()                                    --> false

-- A UUID of version 7 begins with the time in milliseconds.
local milliseconds = tonumber(uuid.v7():sub(1, 8) .. uuid.v7():sub(10, 13), 16)
math.abs(milliseconds / 1000 - os.time()) < 5             --> true

-- Each UUID of version 7 is greater than the one before it.
local sorted, last = true, ""
for i = 1, 10000 do
  local id = uuid.v7()
  sorted, last = sorted and last < id, id
end
sorted                                                    --> true

uuid.valid(uuid.v4())                                     --> true
uuid.valid("00000000-0000-0000-0000-000000000000")        --> true
uuid.valid("0B9F3C1E-7A52-4F0E-9C43-5D8F2A61B7E0")        --> true
uuid.valid("0b9f3c1e7a524f0e9c435d8f2a61b7e0")            --> false
uuid.valid("{0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7e0}")      --> false
uuid.valid("0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7eg")        --> false
uuid.valid("0b9f3c1e-7a52-4f0e-9c43+5d8f2a61b7e0")        --> false
uuid.valid("0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7e0 ")       --> false
uuid.valid("")                                            --> false
uuid.valid()                                              --> bad argument #1 to valid (string expected, got nil)
