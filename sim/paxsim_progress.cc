#include "sim/paxsim_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace paxos::sim {
namespace {

constexpr auto kEveryOnTerminal = std::chrono::seconds{1};
constexpr auto kEveryElsewhere = std::chrono::seconds{10};

}  // namespace

std::string ProgressText(const FuzzTotals& totals, std::uint64_t planned, double elapsed) {
  return fmt::format(
      "{:4.0f} s: {} of {} seeds, {:.1f}/s, {:.1f} simulated hours, {} of {} marks, {} violations",
      elapsed, totals.seeds(), planned, static_cast<double>(totals.seeds()) / elapsed,
      totals.simulated_seconds() / 3600, totals.marks().hit().size(), AllMarks().size(),
      totals.failures());
}

Progress::Progress(std::uint64_t planned)
    : planned_(planned),
      is_terminal_(::isatty(STDERR_FILENO) == 1),
      next_(begin_ + (is_terminal_ ? kEveryOnTerminal : kEveryElsewhere)) {}

void Progress::Show(const FuzzTotals& totals) {
  const auto now = WallClock::now();
  if (now < next_) return;
  next_ = now + (is_terminal_ ? kEveryOnTerminal : kEveryElsewhere);
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  const std::string text = ProgressText(totals, planned_, elapsed);
  // To the line's beginning, the text, and nothing behind it.
  if (is_terminal_) {
    fmt::print(stderr, "\r{}\033[K", text);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
  is_shown_ = is_terminal_;
}

void Progress::Clear() {
  if (!is_shown_) return;
  std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

}  // namespace paxos::sim
