-- Stands in for the test tool "tested".
return {
  test = it,
  assert = function(t) assert.same(t.expected, t.actual) end,
  assert_throws_exception = function(t) assert.has_error(t.actual or t.fn or t.func or t[1]) end,
}
