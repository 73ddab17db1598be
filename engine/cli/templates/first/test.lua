test("greets somebody by name", function(t)
  t.says("say hello to Ada", "Hello, Ada!")
end)

test("a name is required", function(t)
  local text, reason = t.call("greet")
  t.equal(text, nil)
  assert(reason:find("name"), reason)
end)
