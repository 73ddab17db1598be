-- Answers questions with the help of a web API.

local api = http.client { base = "https://api.example.com", timeout = 5 }

register_tool {
  name = "order_status",
  description = "Says where an order is",
  parameters = {
    number = { type = "string", description = "the number of the order, such as 4711" },
  },
  phrases = { "where is order {number}", "where is my order {number}" },
  handler = function(args)
    local res, why = api:get("/orders/" .. url.encode(args.number))
    if not res then return nil, why end
    if res.status == 404 then return nil, "there is no order " .. args.number end
    if not res.ok then return nil, "the service has answered with the status " .. res.status end
    local order, broken = res:json()
    if not order then return nil, broken end
    return ("Order %s is %s."):format(args.number, order.status)
  end,
}
