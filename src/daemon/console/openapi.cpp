// SPDX-License-Identifier: Apache-2.0
// OpenAPI, from the table of routes and the descriptions of the values. What JSON calls otherwise than
// C++ does, or adds, is said here as src/cxx/json.cpp does it; a test compares the two.
#include <map>
#include <sstream>
#include <utility>

#include "api/describe/public.hpp"
#include "daemon/console/rest_answers.hpp"

namespace switchhook::daemon {
namespace {

namespace d = describe;

using Members = std::vector<std::pair<std::string, std::string>>;  // name, schema
using Schemas = std::map<std::string, Members>;                    // by the value's name

std::string type(const char* name) {
  return JsonObject().add("type", name).text();
}
std::string list_of(const std::string& schema) {
  return JsonObject().add("type", "array").raw("items", schema).text();
}
std::string reference(const std::string& name) {
  return JsonObject().add("$ref", "#/components/schemas/" + name).text();
}
/// A reference, or null.
std::string or_null(const std::string& schema) {
  return JsonObject().raw("allOf", "[" + schema + "]").add("nullable", true).text();
}

class Describer {
 public:
  template <typename Value>
  void add() {
    const std::string name = d::Description<Value>::kName;
    if (!all_.emplace(name, Members{}).second) return;
    const Value value{};
    Members members;
    d::for_each_member(value, [&](const auto& member, const auto& part) {
      add_member(value, member.name, part, members);
    });
    also(value, members);
    all_[name] = std::move(members);
  }
  [[nodiscard]] const Schemas& all() const { return all_; }

 private:
  template <typename Owner, typename Part>
  void add_member(const Owner&, std::string name, const Part& part, Members& to) {
    if constexpr (std::is_same_v<Part, std::chrono::seconds>)
      to.emplace_back(name + "_seconds", type("integer"));
    else
      to.emplace_back(std::move(name), schema(part));
  }
  void add_member(const Record&, const std::string&, const MediaStatistics& part, Members& to) {
    to.emplace_back("media", schema(part));
  }
  void add_member(const AuditReport&, const std::string&, const std::vector<LedgerLine>& part,
                  Members& to) {
    to.emplace_back("ledgers", schema(part));
  }
  void add_member(const End& end, const std::string&, const Cause& cause, Members& to) {
    d::for_each_member(cause, [&](const auto& member, const auto& part) {
      add_member(end, member.name, part, to);
    });
  }

  template <typename Value>
  void also(const Value&, Members&) {}
  void also(const TimelineEntry&, Members& to) {
    for (const char* name : {"time", "monotonic"}) to.emplace_back(name, type("number"));
  }
  void also(const End&, Members& to) { to.emplace_back("text", type("string")); }
  void also(const AuditReport&, Members& to) {
    for (const char* name : {"clean", "all_zero"}) to.emplace_back(name, type("boolean"));
  }
  // What is added for readers whose numbers are shorter (with_ids()).
  void also(const Leak&, Members& to) {
    for (const char* name : {"session_id", "identifier_id"}) to.emplace_back(name, type("string"));
  }
  void also(const SessionInfo&, Members& to) { to.emplace_back("session_id", type("string")); }
  void also(const Record&, Members& to) {
    to.emplace_back("session_id", type("string"));
    for (const char* name : {"time_to_answer", "talk_time", "held_time"})
      to.emplace_back(name, type("number"));
  }

  template <typename Part>
  std::string schema(const Part&) {
    if constexpr (std::is_same_v<Part, bool>) {
      return type("boolean");
    } else if constexpr (std::is_same_v<Part, char>) {
      return JsonObject().add("type", "string").add("nullable", true).text();
    } else if constexpr (d::Enumerated<Part>) {
      const auto quoted = [](std::string_view word) { return json_text(word); };
      return JsonObject()
          .add("type", "string")
          .raw("enum", json_list(d::Enumeration<Part>::kNames, quoted))
          .text();
    } else if constexpr (std::is_same_v<Part, Moment> || d::Duration<Part>) {
      return type("number");
    } else if constexpr (std::is_same_v<Part, ResourceCounts>) {
      return type("object");
    } else if constexpr (std::is_same_v<Part, DurationCounts>) {
      return list_of(type("object"));
    } else if constexpr (d::Number<Part>) {
      return type("integer");
    } else if constexpr (d::Text<Part> || d::Octets<Part>) {
      return type("string");
    } else if constexpr (d::Optional<Part>) {
      return or_null(schema(typename Part::value_type{}));
    } else if constexpr (d::List<Part>) {
      return list_of(schema(typename Part::value_type{}));
    } else {
      add<Part>();
      return reference(d::Description<Part>::kName);
    }
  }

  Schemas all_;
};

const Schemas& values() {
  static const Schemas kAll = [] {
    Describer describer;
    describer.add<Record>();
    describer.add<LineInfo>();
    describer.add<Leak>();
    describer.add<ServiceStatus>();
    describer.add<AuditReport>();
    describer.add<ReloadReport>();
    describer.add<SessionInfo>();
    return describer.all();
  }();
  return kAll;
}

/// "integer", "[Record]", "Leak"
std::string schema_of(const std::string& name) {
  if (name.starts_with('[')) return list_of(schema_of(name.substr(1, name.size() - 2)));
  return values().contains(name) ? reference(name) : type(name.c_str());
}

struct Named {
  std::string name, schema;
};
/// Of "name:type name:type"; a value's name alone has no name.
std::vector<Named> named(const char* members) {
  std::vector<Named> all;
  std::istringstream in(members);
  for (std::string each; in >> each;) {
    const std::size_t colon = each.find(':');
    if (colon == std::string::npos)
      all.push_back({{}, schema_of(each)});
    else
      all.push_back({each.substr(0, colon), schema_of(each.substr(colon + 1))});
  }
  return all;
}

std::string object_of(const char* members) {
  JsonObject properties;
  std::string whole;
  for (const Named& each : named(members)) {
    if (each.name.empty())
      whole = each.schema;
    else
      properties.raw(each.name, each.schema);
  }
  std::string own = JsonObject().add("type", "object").raw("properties", properties.text()).text();
  if (whole.empty()) return own;
  return properties.text() == "{}"
             ? whole
             : JsonObject().raw("allOf", "[" + whole + "," + own + "]").text();
}

std::string content(const char* kind, const std::string& schema) {
  return JsonObject().raw(kind, JsonObject().raw("schema", schema).text()).text();
}

std::string parameter(const std::string& name, const char* where, const std::string& schema) {
  return JsonObject()
      .add("name", name)
      .add("in", where)
      .add("required", std::string_view(where) != "query")
      .raw("schema", schema)
      .text();
}

std::string parameters_of(const Rest::Route& route) {
  std::vector<std::string> all;
  const std::string path = route.path;
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1))
    all.push_back(
        parameter(path.substr(at + 1, path.find('}', at) - at - 1), "path", type("integer")));
  for (const Named& each : named(route.query))
    all.push_back(parameter(each.name, "query", each.schema));
  if (route.needs == Rest::Needs::lease)
    all.push_back(parameter("X-Switchhook-Lease", "header", type("string")));
  if (std::string_view(route.method) != "GET")
    all.push_back(parameter("X-Switchhook", "header", type("string")));
  return json_list(all, [](const std::string& each) { return each; });
}

std::string operation(const Rest::Route& route) {
  const std::string_view answers = route.answer;
  const bool made =
      answers.find("lease:") == 0 || answers.find("identifier:") != std::string_view::npos;
  JsonObject good, operation;
  good.add("description", "done");
  if (answers == "events")
    good.raw("content", content("text/event-stream", type("string")));
  else if (answers == "file")
    good.raw("content", content("application/x-ndjson", type("string")));
  else
    good.raw("content", content("application/json",
                                answers == "object" ? type("object") : object_of(route.answer)));
  operation.add("summary", route.about).raw("parameters", parameters_of(route));
  if (*route.body != '\0')
    operation.raw(
        "requestBody",
        JsonObject().raw("content", content("application/json", object_of(route.body))).text());
  const std::string bad = JsonObject().add("$ref", "#/components/responses/Error").text();
  operation.raw("responses",
                JsonObject().raw(made ? "201" : "200", good.text()).raw("default", bad).text());
  if (route.needs == Rest::Needs::nothing) operation.raw("security", "[]");
  return operation.text();
}

}  // namespace

std::vector<std::string> described_members(const std::string& value) {
  std::vector<std::string> names;
  if (const auto found = values().find(value); found != values().end())
    for (const auto& [name, schema] : found->second) names.push_back(name);
  return names;
}

std::string openapi_text(const std::vector<Rest::Route>& routes, const std::string& version) {
  std::map<std::string, JsonObject> paths;
  for (const Rest::Route& route : routes) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[route.path].raw(method, operation(route));
  }
  JsonObject all, schemas;
  for (const auto& [path, operations] : paths) all.raw(path, operations.text());
  for (const auto& [name, members] : values()) {
    JsonObject properties;
    for (const auto& [member, schema] : members) properties.raw(member, schema);
    schemas.raw(name,
                JsonObject().add("type", "object").raw("properties", properties.text()).text());
  }
  schemas.raw("Error", object_of("code:string text:string"));
  const std::string bearer = JsonObject().add("type", "http").add("scheme", "bearer").text();
  const std::string cookie =
      JsonObject().add("type", "apiKey").add("in", "cookie").add("name", Logins::kCookie).text();
  const std::string error =
      JsonObject()
          .add("description", "an error")
          .raw("content",
               content("application/json",
                       JsonObject()
                           .add("type", "object")
                           .raw("properties", JsonObject().raw("error", reference("Error")).text())
                           .text()))
          .text();
  return JsonObject()
      .add("openapi", "3.0.3")
      .raw("info", JsonObject().add("title", "Switchhook").add("version", version).text())
      .raw("security", R"([{"bearer":[]},{"cookie":[]}])")
      .raw("paths", all.text())
      .raw("components", JsonObject()
                             .raw("schemas", schemas.text())
                             .raw("responses", JsonObject().raw("Error", error).text())
                             .raw("securitySchemes",
                                  JsonObject().raw("bearer", bearer).raw("cookie", cookie).text())
                             .text())
      .text();
}

}  // namespace switchhook::daemon
