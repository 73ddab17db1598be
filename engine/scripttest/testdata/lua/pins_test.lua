test("a button switches a lamp", function(t)
  local lamp, button = t.gpio(27), t.gpio("DOORBELL")
  t.equal(lamp:value(), false)
  button:press()
  t.equal(lamp:value(), true)
  button:release()
  button:press()
  t.equal(lamp:value(), false)
end)

test("a button that is held switches the fan on for a minute", function(t)
  t.gpio("DOORBELL"):press(3.5)
  local fan = t.gpio(22)
  t.equal(fan:value(), true)
  t.sleep(60)
  t.equal(fan:value(), false)
end)

test("two clicks", function(t)
  local button = t.gpio("DOORBELL")
  button:press(0.1)
  button:press(0.1)
  t.equal(t.output(), "pins.lua: two clicks")
end)

test("the changes of an output", function(t)
  local lamp, button = t.gpio("GPIO27"), t.gpio("DOORBELL")
  t.call("blink")
  t.sleep(10)
  t.equal(lamp:changes(), {
    { value = false, time = 0 }, { value = true, time = 0 }, { value = false, time = 0.5 }, { value = true, time = 1 },
    { value = false, time = 1.5 },
  })
end)

test("a tool that waits for a button", function(t)
  t.gpio("DOORBELL")
  t.equal(t.call("wait"), "timeout: the pin DOORBELL did not change in 5 s") -- without waiting for real
end)

test("mistakes", function(t)
  t.errors(function() t.gpio() end, "bad argument #1")
  t.errors(function() t.gpio(99) end, "the simulated chip has no line 99")
  t.gpio("DOORBELL")
  t.errors(function() t.gpio(27):press() end, "GPIO27: no script uses it as an input")
end)
