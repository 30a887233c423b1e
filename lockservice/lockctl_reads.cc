// get, check, ls, queue: what the cluster says about locks.
#include <cstdio>

#include "lockservice/lockctl_cluster.h"
#include "lockservice/lockctl_format.h"

namespace lockservice {

namespace json = boost::json;

namespace {

// A query's answer of type View, or the exit code of having none.
template <class View>
struct Answer {
  std::optional<View> view{};
  paxos::LogTime log_time{};
  int exit_code = 0;
};

template <class View>
Answer<View> Ask(Cluster& cluster, Query query) {
  Answer<View> answer;
  const auto read = cluster.Read(std::move(query), &answer.exit_code);
  if (!read) return answer;
  if (const auto* view = std::get_if<View>(&read->reply)) {
    answer.view = *view;
    answer.log_time = read->log_time;
  } else {
    answer.exit_code = Fail(ExitCode::kForeign, "the servers gave an answer of another kind");
  }
  return answer;
}

json::object ToJson(const LockView& lock, paxos::LogTime now) {
  return {{"name", Printable(lock.name)},
          {"holder", HolderToJson(lock.holder, now)},
          {"waiting", lock.waiting}};
}

json::object ToJson(const Waiter& waiter, paxos::LogTime now) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - waiter.since);
  return {{"session", waiter.session.value()},
          {"owner", waiter.owner.value()},
          {"waiting_ms", waited.count()},
          {"note", Printable(waiter.note)}};
}

std::vector<std::string> Row(const LockView& lock, paxos::LogTime now) {
  const Holder holder = lock.holder.value_or(Holder{});
  return {Printable(lock.name),         ShortText(holder.session),
          ShortText(holder.token),      HumanDuration(now - holder.since),
          std::to_string(lock.waiting), Printable(holder.note)};
}

const char* Word(TokenStanding standing) {
  switch (standing) {
    case TokenStanding::kValid:
      return "VALID";
    case TokenStanding::kStale:
      return "STALE";
    case TokenStanding::kNotHeld:
      return "NOT_HELD";
    case TokenStanding::kUnknown:
      return "UNKNOWN";
  }
  return "?";
}

}  // namespace

int ShowLock(const Settings& settings, const std::string& name) {
  Cluster cluster(settings);
  const auto answer = Ask<LockView>(cluster, GetLock{name});
  if (!answer.view) return answer.exit_code;
  if (settings.format == OutputFormat::kJson) {
    PrintJson(ToJson(*answer.view, answer.log_time));
  } else {
    std::printf("%s: %s; %s waiting\n", Printable(name).c_str(),
                HumanHolder(answer.view->holder, answer.log_time).c_str(),
                std::to_string(answer.view->waiting).c_str());
  }
  return 0;
}

int CheckToken(const Settings& settings, const SessionFlags& flags) {
  Cluster cluster(settings);
  const auto answer = Ask<TokenStanding>(cluster, Check{flags.name, Token(flags.token)});
  if (!answer.view) return answer.exit_code;
  const char* word = Word(*answer.view);
  if (settings.format == OutputFormat::kJson) {
    PrintJson(
        json::object{{"name", Printable(flags.name)}, {"token", flags.token}, {"standing", word}});
  } else {
    std::printf("%s\n", word);
  }
  return *answer.view == TokenStanding::kValid ? 0 : static_cast<int>(ExitCode::kConflict);
}

int ListAllLocks(const Settings& settings, const std::string& prefix) {
  Cluster cluster(settings);
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "SESSION", "TOKEN", "HELD", "WAITING", "NOTE"}};
  json::array locks;
  ListLocks list{prefix};
  for (bool more = true; more;) {
    const auto answer = Ask<LockViews>(cluster, list);
    if (!answer.view) return answer.exit_code;
    for (const LockView& lock : answer.view->locks) {
      rows.push_back(Row(lock, answer.log_time));
      locks.push_back(ToJson(lock, answer.log_time));
      list.after = lock.name;
    }
    more = answer.view->more && !answer.view->locks.empty();
  }
  if (settings.format == OutputFormat::kJson)
    PrintJson(locks);
  else
    std::fputs(Table(rows).c_str(), stdout);
  return 0;
}

int ShowQueue(const Settings& settings, const std::string& name) {
  Cluster cluster(settings);
  const auto answer = Ask<QueueView>(cluster, GetQueue{name});
  if (!answer.view) return answer.exit_code;
  const QueueView& queue = *answer.view;
  if (settings.format == OutputFormat::kJson) {
    json::array waiters;
    for (const Waiter& waiter : queue.waiters) waiters.push_back(ToJson(waiter, answer.log_time));
    PrintJson(json::object{{"name", Printable(name)},
                           {"holder", HolderToJson(queue.holder, answer.log_time)},
                           {"waiting", queue.waiting},
                           {"waiters", std::move(waiters)}});
    return 0;
  }
  std::printf("%s: %s; %s waiting\n", Printable(name).c_str(),
              HumanHolder(queue.holder, answer.log_time).c_str(),
              std::to_string(queue.waiting).c_str());
  std::vector<std::vector<std::string>> rows = {{"PLACE", "SESSION", "WAITING", "NOTE"}};
  for (const Waiter& waiter : queue.waiters) {
    rows.push_back({std::to_string(rows.size()), ShortText(waiter.session),
                    HumanDuration(answer.log_time - waiter.since), Printable(waiter.note)});
  }
  if (rows.size() > 1) std::fputs(Table(rows).c_str(), stdout);
  return 0;
}

}  // namespace lockservice
