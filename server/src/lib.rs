//! The proving service.
