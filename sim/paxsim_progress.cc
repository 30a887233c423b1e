#include "sim/paxsim_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace paxos::sim {
namespace {

constexpr auto kEveryOnTerminal = std::chrono::seconds{1};
constexpr auto kEveryElsewhere = std::chrono::seconds{10};

}  // namespace

StatusLine::StatusLine() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

bool StatusLine::IsDue() const {
  return SteadyClock::now() - shown_ >= (is_terminal_ ? kEveryOnTerminal : kEveryElsewhere);
}

void StatusLine::Show(std::string_view text) {
  shown_ = SteadyClock::now();
  // To the line's beginning, the text, and nothing behind it.
  if (is_terminal_) {
    fmt::print(stderr, "\r{}\033[K", text);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
  is_shown_ = is_terminal_;
}

void StatusLine::Clear() {
  if (!is_shown_) return;
  std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

double StatusLine::elapsed() const {
  return std::chrono::duration<double>(SteadyClock::now() - begin_).count();
}

std::string ProgressText(const FuzzTotals& totals, std::uint64_t planned, double elapsed) {
  return fmt::format(
      "{:4.0f} s: {} of {} seeds, {:.1f}/s, {:.1f} simulated hours, {} of {} marks, {} violations",
      elapsed, totals.seeds(), planned, static_cast<double>(totals.seeds()) / elapsed,
      totals.simulated_seconds() / 3600, totals.marks().hit().size(), AllMarks().size(),
      totals.failures());
}

void Progress::Show(const FuzzTotals& totals) {
  if (line_.IsDue()) line_.Show(ProgressText(totals, planned_, line_.elapsed()));
}

}  // namespace paxos::sim
