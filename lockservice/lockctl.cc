// The lock service on the command line.
#include "lockservice/lockctl.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>

#include "lockservice/lockctl_format.h"
#include "net/address.h"

namespace lockservice {

void Say(const std::string& text) { std::fprintf(stderr, "lockctl: %s\n", text.c_str()); }

int Fail(ExitCode code, const std::string& text) {
  Say(text);
  return static_cast<int>(code);
}

namespace {

using std::chrono::milliseconds;

constexpr const char* kFooter = R"help(
Examples:
  export LOCK_ENDPOINTS=127.0.0.1:7201,127.0.0.1:7202,127.0.0.1:7203
  lockctl run jobs/nightly -- ./backup.sh              one machine at a time
  lockctl run -n -E 0 jobs/nightly -- ./backup.sh      or not at all, and that is fine
  lockctl run -w 30 db -- sh -c 'lockctl guard /srv/db.mark $LOCK_TOKEN -- ./migrate'
  eval "$(lockctl acquire --ttl 5m deploy)"            held until the script releases it
  lockctl renew --session $LOCK_SESSION
  lockctl release --session $LOCK_SESSION --token $LOCK_TOKEN deploy
  lockctl ls jobs/; lockctl queue jobs/nightly; lockctl status

Exit codes: 0; 1 the lock is not free (-E), or a token not the newest; 64 usage; 65 damaged file;
69 no server answers; 75 the lock was lost, or try later; run and guard: CMD's own, 128 + signal.)help";

constexpr const char* kRunHelp =
    "Run CMD under an exclusive lock: lockctl run [OPTIONS] NAME -- CMD...\n"
    "CMD is ended before the lock can be somebody else's.";
constexpr const char* kGuardHelp =
    "Run CMD unless FILE has seen a higher token: lockctl guard [OPTIONS] FILE TOKEN -- CMD...\n"
    "For whatever touches the resource that the lock protects, to read it or to write it.";

// A duration option; what is no duration is a usage error that names the option.
template <class Duration>
CLI::Option* AddDuration(CLI::App* command, const std::string& name, Duration& value,
                         const std::string& help) {
  return command->add_option_function<std::string>(
      name,
      [&value, name](const std::string& text) {
        const auto parsed = ParseDuration(text);
        if (!parsed)
          throw CLI::ValidationError(name, "must be a duration such as 500ms, 5s, 2m or 1h");
        value = *parsed;
      },
      help);
}

struct Flags {
  Settings settings{};
  std::string endpoints{};
  RunFlags run{};
  AcquireFlags acquire{};
  SessionFlags session{};
  GuardFlags guard{};
  std::string prefix{};
  std::vector<std::string> command{};  // what follows "--"
};

void AddEndpoints(CLI::App& app, Flags& flags) {
  app.add_option("--endpoints", flags.endpoints, "Servers: HOST:PORT,... (or LOCK_ENDPOINTS)")
      ->envname("LOCK_ENDPOINTS");
  app.add_option("-o,--output", flags.settings.format, "human or json")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OutputFormat>{
          {"human", OutputFormat::kHuman}, {"json", OutputFormat::kJson}}));
  AddDuration(&app, "--patience", flags.settings.patience,
              "How long to try to reach a server that answers (default 10s)");
}

void AddAcquire(CLI::App* command, AcquireFlags& flags) {
  command->add_option("NAME", flags.name, "The lock: up to 512 bytes, '/' separates")->required();
  CLI::Option* no_wait =
      command->add_flag("-n,--nonblock", flags.no_wait, "Fail if it is not free");
  AddDuration(command, "-w,--wait", flags.wait, "Wait so long at most (default: for ever)")
      ->excludes(no_wait);
  command
      ->add_option("-E,--conflict-exit-code", flags.conflict_code,
                   "Exit code if the lock is not granted")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  AddDuration(command, "--ttl", flags.ttl, "The lock ends so long after its holder was last heard");
  command->add_option("--note", flags.note, "Who and why, for whoever asks");
}

// Numbers that `acquire` printed; from the environment unless given.
void AddSession(CLI::App* command, SessionFlags& flags) {
  command->add_option("--session", flags.session, "Session (or LOCK_SESSION)")
      ->envname("LOCK_SESSION")
      ->required();
}
void AddToken(CLI::App* command, SessionFlags& flags) {
  command->add_option("--token", flags.token, "Fencing token (or LOCK_TOKEN)")
      ->envname("LOCK_TOKEN")
      ->required();
}
void AddName(CLI::App* command, std::string& name) {
  command->add_option("NAME", name, "The lock")->required();
}

// ---- subcommands: how each is described, and what it does -------------------------------------

using Action = std::function<int()>;
using Actions = std::map<CLI::App*, Action>;

void AddRun(CLI::App& app, Flags& flags, Actions& actions) {
  CLI::App* run = app.add_subcommand("run", kRunHelp);
  AddAcquire(run, flags.run.acquire);
  const CLI::Option* kill_grace = AddDuration(
      run, "--kill-grace", flags.run.kill_grace,
      "From TERM to KILL when the lock is being lost (default 5s or a quarter of --ttl)");
  actions[run] = [&flags, kill_grace] {
    RunFlags& f = flags.run;
    f.command = flags.command;
    if (f.command.empty()) return Fail(ExitCode::kUsage, "run: no command; say it after --");
    if (kill_grace->count() == 0) f.kill_grace = std::min(f.kill_grace, f.acquire.ttl / 4);
    if (f.kill_grace * 2 > f.acquire.ttl)
      return Fail(ExitCode::kUsage, "run: --kill-grace must be at most half of --ttl");
    return RunUnderLock(flags.settings, f);
  };
}

void AddGuard(CLI::App& app, Flags& flags, Actions& actions) {
  CLI::App* guard = app.add_subcommand("guard", kGuardHelp);
  guard->add_option("FILE", flags.guard.file, "Keeps the highest token seen; made if missing")
      ->required();
  guard->add_option("TOKEN", flags.guard.token, "LOCK_TOKEN of the lock that protects the resource")
      ->required()
      ->check(CLI::PositiveNumber);
  AddDuration(guard, "-w,--wait", flags.guard.wait,
              "Wait so long at most for the command that is inside (default: for ever)");
  actions[guard] = [&flags] {
    flags.guard.command = flags.command;
    if (flags.command.empty()) return Fail(ExitCode::kUsage, "guard: no command; say it after --");
    return RunGuarded(flags.guard);
  };
}

void AddLocks(CLI::App& app, Flags& flags, Actions& actions) {
  CLI::App* acquire = app.add_subcommand(
      "acquire",
      "Take a lock that outlives this command: until released, or not renewed for --ttl");
  flags.acquire.ttl = milliseconds{60'000};
  AddAcquire(acquire, flags.acquire);
  actions[acquire] = [&flags] { return AcquireLock(flags.settings, flags.acquire); };

  CLI::App* renew = app.add_subcommand("renew", "Begin the TTL of an acquired lock anew");
  AddSession(renew, flags.session);
  actions[renew] = [&flags] { return RenewSession(flags.settings, flags.session); };

  CLI::App* release = app.add_subcommand("release", "Give an acquired lock back");
  AddName(release, flags.session.name);
  AddSession(release, flags.session);
  AddToken(release, flags.session);
  actions[release] = [&flags] { return ReleaseLock(flags.settings, flags.session); };
}

void AddReads(CLI::App& app, Flags& flags, Actions& actions) {
  CLI::App* get = app.add_subcommand("get", "Who holds a lock");
  AddName(get, flags.session.name);
  actions[get] = [&flags] { return ShowLock(flags.settings, flags.session.name); };

  CLI::App* check = app.add_subcommand(
      "check", "Whether a token is that of the present holder: VALID, STALE, NOT_HELD, UNKNOWN");
  AddName(check, flags.session.name);
  check->add_option("TOKEN", flags.session.token, "The fencing token")->required();
  actions[check] = [&flags] { return CheckToken(flags.settings, flags.session); };

  CLI::App* ls = app.add_subcommand("ls", "The locks that are held");
  ls->add_option("PREFIX", flags.prefix, "Only those whose names begin so");
  actions[ls] = [&flags] { return ListAllLocks(flags.settings, flags.prefix); };

  CLI::App* queue = app.add_subcommand("queue", "Who holds a lock and who waits for it");
  AddName(queue, flags.session.name);
  actions[queue] = [&flags] { return ShowQueue(flags.settings, flags.session.name); };

  CLI::App* status = app.add_subcommand("status", "What each server says of itself");
  actions[status] = [&flags] { return ShowStatus(flags.settings); };
}

// ---- the command line -------------------------------------------------------------------------

// "a:1,b:2" into the settings; none of them makes no sense.
paxos::Status SetEndpoints(Flags& flags) {
  std::string rest = flags.endpoints;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string endpoint = rest.substr(0, comma);
    const auto address = paxos::net::ParseAddress(endpoint);
    if (!address.has_value()) return address.error().Annotate("--endpoints: " + endpoint);
    flags.settings.endpoints.push_back(endpoint);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  if (!flags.settings.endpoints.empty()) return paxos::Status::Ok();
  return {paxos::ErrorCode::kInvalidArgument,
          "which servers? Say --endpoints HOST:PORT,... or set LOCK_ENDPOINTS"};
}

int Perform(const Actions& actions, Flags& flags) {
  const auto chosen = std::find_if(actions.begin(), actions.end(),
                                   [](const auto& action) { return action.first->parsed(); });
  const std::string name = chosen->first->get_name();
  if (!flags.command.empty() && name != "run" && name != "guard")
    return Fail(ExitCode::kUsage, name + ": nothing may follow --");
  if (name != "guard") {
    if (paxos::Status set = SetEndpoints(flags); !set.ok())
      return Fail(ExitCode::kUsage, set.message());
  }
  return chosen->second();
}

// What follows the first "--" is CMD, word by word; CLI11 sees none of it.
int Main(int argc, char** argv) {
  CLI::App app("lockctl: Quorate's lock service on the command line");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  Flags flags;
  Actions actions;
  AddEndpoints(app, flags);
  AddRun(app, flags, actions);
  AddLocks(app, flags, actions);
  AddReads(app, flags, actions);
  AddGuard(app, flags, actions);
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  if (dashes != end) flags.command.assign(dashes + 1, end);
  try {
    app.parse(static_cast<int>(dashes - argv), argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  return Perform(actions, flags);
}

}  // namespace
}  // namespace lockservice

int main(int argc, char** argv) {
  lockservice::ExitOnBrokenInvariant("lockctl");
  std::signal(SIGPIPE, SIG_IGN);
  return lockservice::Main(argc, argv);
}
