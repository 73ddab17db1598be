-- The methods of a call, on what is none.
--> error
register_tool("attack", function(_, call)
  call.cancelled(after(100, print))
end)
