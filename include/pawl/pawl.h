#pragma once

// All of Pawl's public headers.

#include "pawl/client.h"
#include "pawl/clock.h"
#include "pawl/event.h"
#include "pawl/handle.h"
#include "pawl/llm.h"
#include "pawl/measurement.h"
#include "pawl/metric.h"
#include "pawl/options.h"
#include "pawl/price_book.h"
#include "pawl/result.h"
#include "pawl/snapshot.h"
#include "pawl/stats.h"
#include "pawl/tag_policy.h"
#include "pawl/tags.h"
#include "pawl/trace.h"
#include "pawl/trace_llm.h"
#include "pawl/transport.h"
#include "pawl/version.h"
