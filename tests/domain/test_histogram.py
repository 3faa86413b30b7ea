from ha_bridge.domain.histogram import Histogram


def test_a_value_counts_in_the_first_bucket_it_fits() -> None:
    histogram = Histogram((1, 2))
    histogram.observe([0.5, 1, 1.5, 9])
    buckets = histogram.buckets()
    assert (buckets.bounds, buckets.counts, buckets.total) == ((1, 2), (2, 1, 1), 12)
