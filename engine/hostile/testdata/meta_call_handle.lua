-- A method of the call object gets a timer in place of the call object.
--> error
register_tool("attack", function(_, call)
  call.cancelled(after(100, print))
end)
