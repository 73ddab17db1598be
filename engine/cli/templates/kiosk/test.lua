test("says when the shop is open", function(t)
  t.says("when are you open", "We are open from 9 to 18 o'clock.")
end)

test("counts the visitors, also after a restart", function(t)
  t.store { visitors = 41 }
  t.equal(t.call("count_visitor"), "You are visitor number 42.")
  t.equal(t.store():get("visitors"), 42)
end)

test("ends the conversation", function(t)
  t.says("that is all", "Goodbye.")
  t.equal(t.session(), { { fn = "stop", text = "" } })
end)

test("a button starts a conversation", function(t)
  t.on("button")
  t.equal(t.session()[1].fn, "start")
end)
