test("a fake server has results, and records the calls", function(t)
  local notes = t.mcp("notes", { search = { data = { first = "a.txt" } } })
  t.equal(t.call("search", { text = "milk" }), "a.txt")
  t.equal(notes:calls(), { { tool = "search", arguments = { text = "milk" } } })
end)

test("a tool can fail, and be missing", function(t)
  t.mcp("notes", { search = { error = "the index is broken" } })
  t.equal({ t.call("search", { text = "milk" }) }, { nil, "the index is broken (failed)" })
  t.mcp("notes")
  t.script()
  local _, why = t.call("search", { text = "milk" })
  assert(why:find("not_found: the MCP server notes has no tool search", 1, true), why)
end)

test("tools are offered, and their arguments are checked", function(t)
  t.mcp("notes", { read_file = {
    description = "Reads a file", text = "hello",
    parameters = { type = "object", properties = { path = { type = "string" } }, required = { "path" } },
  } })
  t.equal(t.call("notes_read_file", { path = "a.txt" }), "hello")
  t.equal({ t.call("notes_read_file", {}) }, { nil, "notes_read_file: path is missing (string)" })
end)

test("the script allows calls, and refuses them", function(t)
  local notes = t.mcp("notes", { write_file = "written" })
  t.equal(t.call("notes_write_file", { path = "a.txt" }), "written")
  t.equal({ t.call("notes_write_file", { path = "b.txt" }) }, { nil, "the user did not allow the call" })
  t.equal(#notes:calls(), 1)
  t.equal(t.session()[1].fn, "approve")
end)

test("without an answer, the call is refused at the end of the time", function(t)
  t.mcp("notes", { write_file = "written" })
  local _, why = t.call("notes_write_file", { path = "slow.txt" })
  assert(why:find("nobody has allowed the call in 45s", 1, true), why)
end)

test("without a fake, the server is missing", function(t)
  assert(t.errors(function() t.call("search") end):find('the test has no MCP server "notes": t.mcp("notes", {...}) makes a fake', 1, true))
end)
