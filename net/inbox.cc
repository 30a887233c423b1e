#include "net/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace paxos::net {
namespace {

int OpenEvent() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  return fd;
}

}  // namespace

Inbox::Inbox(boost::asio::io_context& io) : event_(io, OpenEvent()) { WaitForWake(); }

void Inbox::WaitForWake() {
  event_.async_read_some(boost::asio::buffer(&wakes_, sizeof wakes_),
                         [this](const boost::system::error_code& error, std::size_t /*bytes*/) {
                           if (error != boost::asio::error::operation_aborted) WaitForWake();
                         });
}

void Inbox::Post(std::function<void()> function) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
  }
  Wake();
}

// A counter that is full wakes as well, so a failed write is none.
void Inbox::Wake() {
  if (!is_asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(event_.native_handle(), &one, sizeof one));
}

bool Inbox::IsEmpty() {
  if (!running_.empty()) return false;
  const std::lock_guard lock(mutex_);
  return posted_.empty();
}

void Inbox::Run(std::size_t max) {
  if (running_.empty()) {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  for (; max > 0 && !running_.empty(); --max) {
    const auto function = std::move(running_.front());
    running_.pop_front();
    function();
  }
}

}  // namespace paxos::net
