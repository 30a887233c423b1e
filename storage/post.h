#pragma once

#include <functional>

namespace paxos::storage {

// Runs a function later on the owner's thread: the node's, the one that calls the storage. The
// owner supplies it (an io_context's post, a test's queue). It keeps the order, may be called from
// any thread, and never runs the function before it returns.
using Post = std::function<void(std::function<void()>)>;

}  // namespace paxos::storage
