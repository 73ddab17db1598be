#random.bytes(16)                   --> 16
random.bytes(0)                     --> 
random.bytes(16) == random.bytes(16)  --> false
#random.bytes(2^20)                 --> 1048576
random.bytes(2^20 + 1)              --> bad argument #1 to bytes (a whole number from 0 to 1048576 expected, got 1048577)
random.bytes(-1)                    --> bad argument #1 to bytes (a whole number from 0 to 1048576 expected, got -1)
random.bytes(1.5)                   --> bad argument #1 to bytes (a whole number from 0 to 1048576 expected, got 1.5)
random.bytes()                      --> bad argument #1 to bytes (number expected, got nil)

#random.hex(16)                     --> 32
random.hex(1000):find("[^0-9a-f]")  --> nil
random.hex(2^20 + 1)                --> bad argument #1 to hex (a whole number from 0 to 1048576 expected, got 1048577)

random.integer(5, 5)                --> 5
random.integer(-2^53, -2^53) == -2^53  --> true
local seen, wrong = {}, 0
for i = 1, 1000 do
  local n = random.integer(-1, 1)
  seen[n] = true
  if n < -1 or n > 1 or n % 1 ~= 0 then wrong = wrong + 1 end
  local large = random.integer(-2^53, 2^53)
  if large < -2^53 or large > 2^53 or large % 1 ~= 0 then wrong = wrong + 1 end
end
seen[-1], seen[0], seen[1], wrong   --> true, true, true, 0
random.integer(2, 1)                --> bad argument #2 to integer (argument #2 must not be less than argument #1)
random.integer(1, 2.5)              --> bad argument #2 to integer (a whole number expected, got 2.5)
random.integer(1, 1/0)              --> bad argument #2 to integer (a whole number expected, got +Inf)
random.integer(0/0, 1)              --> bad argument #1 to integer (a whole number expected, got NaN)
random.integer(6)                   --> bad argument #2 to integer (number expected, got nil)

random.choice({"only"})             --> only
local chosen = {}
for i = 1, 200 do chosen[random.choice({"a", "b", "c"})] = true end
chosen.a, chosen.b, chosen.c        --> true, true, true
random.choice({})                   --> bad argument #1 to choice (the list is empty)
random.choice("abc")                --> bad argument #1 to choice (table expected, got string)

-- shuffle keeps all elements, and changes the list itself.
local list = {}
for i = 1, 100000 do list[i] = i end
random.shuffle(list) == list        --> true
local moved, sum = 0, 0
for i, v in ipairs(list) do
  if v ~= i then moved = moved + 1 end
  sum = sum + v
end
#list, sum, moved > 99000           --> 100000, 5000050000, true
#random.shuffle({})                 --> 0
random.shuffle()                    --> bad argument #1 to shuffle (table expected, got nil)
