#pragma once

// The way out that a plan asks for.
//
// Threads: on the thread that makes the tracer. Errors: std::bad_alloc.

#include <memory>

#include "trace/outlet.h"
#include "trace/plan.h"

namespace pawl::trace {

std::unique_ptr<Outlet> make_outlet(const Plan& plan);

}  // namespace pawl::trace
