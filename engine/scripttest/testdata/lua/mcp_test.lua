test("a resource", function(t)
  t.equal({ t.resource("notes://milk") }, { "2 litres", "text/markdown" })
  t.equal({ t.resource("notes://photo") }, { "\137PNG", "image/png" })
  local content, why = t.resource("notes://eggs")
  t.equal(content, nil)
  t.equal(why, "there is no resource 'notes://eggs'")
end)

test("a prompt", function(t)
  local messages = t.prompt("shopping", { shop = "the market" }, { client = "editor" })
  t.equal(messages[1], { role = "user", text = "Write a shopping list for the market." })
  t.equal(messages[3].text, "As editor likes it.")
  t.equal({ t.prompt("shopping") }, { nil, "shopping: shop is missing" })
end)

test("the progress of a call", function(t)
  local progress = {}
  t.equal(t.call("water", { rounds = 2 }, { client = "editor", progress = progress }), "watered for editor")
  t.equal(progress, { { done = 1, total = 2, message = "round 1" }, { done = 2, total = 2, message = "round 2" } })
  t.equal(t.call("water", { rounds = 1 }), "watered for agent")
end)

test("a call that is cancelled closes the valve", function(t)
  local progress = {}
  t.equal({ t.call("water", { rounds = 10 }, { cancel = 12, progress = progress }) }, { nil, "the call was cancelled" })
  t.equal(#progress, 2)
  t.equal(t.call("is_open"), "false")
end)

test("wrong options", function(t)
  t.errors(function() t.call("is_open", {}, { clint = "x" }) end, "did you mean 'client'?")
  t.errors(function() t.call("is_open", {}, { progress = 5 }) end, "progress")
  t.errors(function() t.resource("notes://milk", { cancel = 0 }) end, "cancel")
end)
