// status: what each server says of itself.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "lockservice/lockctl_cluster.h"
#include "lockservice/lockctl_format.h"

namespace lockservice {

namespace json = boost::json;

namespace {

constexpr paxos::Duration kStatusPatience = std::chrono::seconds{2};

// One server, asked by a client that knows no other.
class Probe final : private ClientEvents {
 public:
  Probe(paxos::net::Runtime& runtime, const std::string& endpoint)
      : endpoint_(endpoint), loop_(runtime, ClientOptionsFor({endpoint}), *this) {
    loop_.client().Status(paxos::net::Now(), kStatusPatience);
  }

  // One attempt tells enough of a server that cannot be reached.
  [[nodiscard]] bool is_done() const { return result_ || !loop_.last_trouble().empty(); }
  [[nodiscard]] const StatusResult* status() const {
    return result_ ? std::get_if<StatusResult>(&*result_) : nullptr;
  }
  [[nodiscard]] bool leads() const { return status() != nullptr && status()->role == "leader"; }

  [[nodiscard]] std::vector<std::string> Row() const {
    const StatusResult* s = status();
    if (s == nullptr) return {endpoint_, "-", "unreachable", loop_.last_trouble()};
    return {endpoint_,
            Printable(s->name),
            Printable(s->role),
            s->leader_address.empty() ? "none" : Printable(s->leader_address),
            ShortText(s->chosen_prefix),
            ShortText(s->applied),
            std::to_string(s->log_bytes / 1024) + " KiB",
            std::to_string(s->sessions),
            std::to_string(s->connections)};
  }

  [[nodiscard]] json::value ToJson() const {
    const StatusResult* s = status();
    if (s == nullptr)
      return json::object{
          {"endpoint", endpoint_}, {"reachable", false}, {"error", loop_.last_trouble()}};
    return json::object{{"endpoint", endpoint_},
                        {"reachable", true},
                        {"node", s->node.value()},
                        {"name", Printable(s->name)},
                        {"role", Printable(s->role)},
                        {"leader_address", Printable(s->leader_address)},
                        {"promised_round", s->promised.round},
                        {"chosen_prefix", s->chosen_prefix.value()},
                        {"applied", s->applied.value()},
                        {"durable", s->durable.value()},
                        {"log_bytes", s->log_bytes},
                        {"sessions", s->sessions},
                        {"connections", s->connections}};
  }

 private:
  void OnCompletion(const Completion& completion) override { result_ = completion.result; }

  std::string endpoint_;
  std::optional<CallResult> result_;
  ClientLoop loop_;
};

using Probes = std::vector<std::unique_ptr<Probe>>;

void Print(const Settings& settings, const Probes& probes) {
  if (settings.format == OutputFormat::kJson) {
    json::array servers;
    for (const auto& probe : probes) servers.push_back(probe->ToJson());
    return PrintJson(servers);
  }
  std::vector<std::vector<std::string>> rows = {{"ENDPOINT", "NAME", "ROLE", "LEADER", "CHOSEN",
                                                 "APPLIED", "LOG", "SESSIONS", "CONNECTIONS"}};
  for (const auto& probe : probes) rows.push_back(probe->Row());
  std::fputs(Table(rows).c_str(), stdout);
}

}  // namespace

int ShowStatus(const Settings& settings) {
  paxos::net::Runtime runtime;
  Probes probes;
  for (const std::string& endpoint : settings.endpoints)
    probes.push_back(std::make_unique<Probe>(runtime, endpoint));
  const auto all = [&probes](auto predicate) {
    return std::all_of(probes.begin(), probes.end(),
                       [&](const auto& probe) { return predicate(*probe); });
  };
  runtime.RunUntil([&] { return all([](const Probe& p) { return p.is_done(); }); },
                   2 * kStatusPatience);
  Print(settings, probes);
  if (all([](const Probe& p) { return p.status() == nullptr; }))
    return Fail(ExitCode::kUnreachable, "no server answers");
  if (all([](const Probe& p) { return !p.leads(); }))
    return Fail(ExitCode::kTryLater, "none of these servers leads");
  return 0;
}

}  // namespace lockservice
