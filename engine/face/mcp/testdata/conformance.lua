-- The tools, resources and prompts that the scenarios of @modelcontextprotocol/conformance call by name.

register_tool {
  name = "test_simple_text",
  description = "Tests a simple text",
  handler = function() return "This is a simple text response for testing." end,
}

register_tool {
  name = "test_error_handling",
  description = "Tests an error",
  handler = function() error("This tool intentionally returns an error for testing", 0) end,
}

register_tool {
  name = "test_tool_with_progress",
  description = "Tests the progress of a call",
  handler = function(_, call)
    for _, done in ipairs { 0, 50, 100 } do
      call:progress(done, 100, "Completed step " .. done .. " of 100")
      sleep(0.15) -- progress is told ten times a second
    end
    return "done"
  end,
}

register_tool {
  name = "test_logging_tool",
  description = "Tests that the log of a script does not reach clients",
  handler = function() log.info("not for clients") return "done" end,
}

register_resource {
  uri = "test://static-text",
  name = "Static text",
  mime = "text/plain",
  read = function() return "This is the content of the static text resource." end,
}

register_resource {
  uri = "test://static-binary",
  name = "Static bytes",
  mime = "image/png",
  read = function() return { bytes = "\137PNG\r\n\26\n", mime = "image/png" } end,
}

register_resource {
  uri = "test://template/{id}/data",
  name = "Template",
  mime = "application/json",
  read = function(_, call) return { id = call.params.id, templateTest = true, data = "Data for ID: " .. call.params.id } end,
}

register_prompt {
  name = "test_simple_prompt",
  description = "Tests a simple prompt",
  handler = function() return "This is a simple prompt for testing." end,
}

register_prompt {
  name = "test_prompt_with_arguments",
  description = "Tests the arguments of a prompt",
  arguments = { arg1 = "string", arg2 = "string" },
  handler = function(args) return "Prompt with arguments: arg1='" .. args.arg1 .. "', arg2='" .. args.arg2 .. "'" end,
}
