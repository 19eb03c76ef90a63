def navigation(request):
    return []
